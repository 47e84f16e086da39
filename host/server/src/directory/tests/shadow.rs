//! A pipeline in shadow: over random histories it says what one that is put at the end says, and changes nothing.

use super::*;

impl World {
    /// Puts a pipeline in shadow that differs from every one in force, or ends it.
    pub(super) fn put_shadow(&self, shadow: bool) {
        if !shadow {
            let _ = self.write(delete_shadow);
            return;
        }
        let named = |which: usize| Policy { mode: Mode::Enforce, name: format!("shadow {which}"), ..self.watcher(which) };
        let policies: Vec<Policy> = [1, 3].map(named).into();
        self.write(move |tx| put_shadow(tx, policies.clone(), &Actor::System, NOW)).unwrap();
    }

    /// What it says, but for when.
    fn shadow(&self) -> Option<(Shadow, Vec<Shadowed>)> {
        let (shadow, differences) = self.tenant.read(|rows| Ok((get_shadow(rows), shadow_differences(rows, None, None, 1_000)))).unwrap();
        let (shadow, (mut differences, next)) = (shadow.ok()?, differences.unwrap());
        assert!(shadow.settled && next.is_none());
        differences.iter_mut().for_each(|shadowed| shadowed.at = NOW);
        Some((shadow, differences))
    }

    /// Holds what it says against what one says that comes by everybody now.
    pub(super) fn check_shadow(&self) {
        let (Some((shadow, differences)), before) = (self.shadow(), self.directory()) else { return };
        assert_eq!(shadow.now.subjects, differences.len() as u64);
        self.put_shadow(true);
        self.settle();
        let (anew, again) = self.shadow().unwrap();
        assert_eq!((anew.now, anew.total), (shadow.now, shadow.now), "counts follow what happens");
        assert_eq!(again, differences, "and so does the list");
        assert_eq!(self.directory(), before);
    }
}
