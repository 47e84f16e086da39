//! Plugins with random damage, and parts of plugins: loading them answers, never panics, and leaves the host as it was.

use crate::guest::{SAID, guest_on};
use crate::hostile::assert_good_plugin_answers;
use crate::hostile_file;
use crate::item::{group, user};
use crate::{limits, load};
use proptest::prelude::*;
use std::path::Path;
use std::sync::LazyLock;

/// One piece of damage, at a place of the file that is given as a share of its length.
#[derive(Clone, Debug)]
enum Damage {
    Flip(u16, u8),
    Set(u16, u8),
    Remove(u16, u8),
    Insert(u16, Vec<u8>),
    Copy(u16, u16, u8),
}

impl Damage {
    fn apply(&self, wasm: &mut Vec<u8>) {
        let place = |share: u16, wasm: &[u8]| usize::from(share) * wasm.len().saturating_sub(1) / usize::from(u16::MAX);
        if wasm.is_empty() {
            return;
        }
        match self {
            Damage::Flip(share, bits) => {
                let at = place(*share, wasm);
                wasm[at] ^= bits;
            }
            Damage::Set(share, byte) => {
                let at = place(*share, wasm);
                wasm[at] = *byte;
            }
            Damage::Remove(share, bytes) => {
                let at = place(*share, wasm);
                let end = wasm.len().min(at + usize::from(*bytes));
                wasm.drain(at..end);
            }
            Damage::Insert(share, bytes) => {
                let at = place(*share, wasm);
                wasm.splice(at..at, bytes.iter().copied());
            }
            Damage::Copy(from, to, bytes) => {
                let (from, to) = (place(*from, wasm), place(*to, wasm));
                let part = wasm[from..wasm.len().min(from + usize::from(*bytes))].to_vec();
                wasm.splice(to..to, part);
            }
        }
    }
}

/// What is damaged: well-behaved guests of each kind and every hostile one.
static WHOLE: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let good = ["base.wat", "base-json.wat", "wasi.wat"].map(|base| guest_on(base, &SAID, &[]));
    let hostile = hostile_file::all(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/guests/hostile")));
    good.into_iter().chain(hostile.into_iter().map(|hostile| hostile.wasm)).collect()
});

/// What a plugin does is its own affair; it ends.
fn load_and_ask(wasm: &[u8]) {
    match load(wasm) {
        Err(error) => assert!(!error.message.is_empty()),
        Ok(plugin) => {
            if let Ok(mut batch) = plugin.batch("{}", &limits()) {
                let _ = (batch.project_user(&user(&["a"])), batch.project_group(&group("a")));
            }
        }
    }
}

fn damage() -> impl Strategy<Value = Damage> {
    let (share, byte) = (any::<u16>(), any::<u8>());
    prop_oneof![
        4 => (share, 1..=u8::MAX).prop_map(|(at, bits)| Damage::Flip(at, bits)),
        4 => (share, byte).prop_map(|(at, byte)| Damage::Set(at, byte)),
        1 => (share, 1..16_u8).prop_map(|(at, bytes)| Damage::Remove(at, bytes)),
        1 => (share, prop::collection::vec(any::<u8>(), 1..16)).prop_map(|(at, bytes)| Damage::Insert(at, bytes)),
        1 => (share, share, 1..64_u8).prop_map(|(from, to, bytes)| Damage::Copy(from, to, bytes)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_damaged_plugin_is_refused_or_runs_within_its_limits(base in any::<prop::sample::Index>(), damage in prop::collection::vec(damage(), 1..6)) {
        let mut wasm = WHOLE[base.index(WHOLE.len())].clone();
        damage.iter().for_each(|damage| damage.apply(&mut wasm));
        load_and_ask(&wasm);
        assert_good_plugin_answers();
    }
}

#[test]
fn a_part_of_a_plugin_is_refused_or_runs_within_its_limits() {
    for whole in WHOLE.iter() {
        for length in (0..whole.len()).step_by(whole.len() / 20 + 1) {
            load_and_ask(&whole[..length]);
        }
    }
    assert_good_plugin_answers();
}
