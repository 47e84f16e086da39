//! One sign-in, from the button to the way back.
//!
//! A random text in a cookie of the browser is all there is of it: state, nonce and PKCE's verifier are made from that text, so nothing has to be kept of whoever
//! only begins, and nobody can push out what others began. What came back is kept until it is too old anyway, so that it comes back once. Knows nothing of the
//! cookie's name, and nothing of the provider.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use sha2::{Digest, Sha256};

use super::limits::{SIGN_ON_MS_MAX, SIGN_ON_NEXT_BYTES_MAX, SIGN_ONS_SPENT_MAX};
use crate::clock::Timestamp;
use crate::error::Result;
use crate::secret::{Purpose, Secret};

/// One sign-in.
#[derive(Clone)]
pub struct Flow {
    /// A secret, when it began and where it leads to: what the browser keeps.
    cookie: String,
    began: Timestamp,
    next: String,
}

impl Flow {
    /// Begins one. `next` is where somebody wanted to go; it is forgotten if it is long.
    ///
    /// # Errors
    /// If the system gives no random numbers.
    pub fn begin(now: Timestamp, next: &str) -> Result<Self> {
        let next = if next.len() > SIGN_ON_NEXT_BYTES_MAX { "" } else { next };
        let secret = Secret::generate(Purpose::Session)?;
        let cookie = format!("{secret}.{}.{}", now.as_millis(), BASE64URL_NOPAD.encode(next.as_bytes()));
        Ok(Self { cookie, began: now, next: next.to_owned() })
    }

    /// The one that a browser kept; `None` if it is none of ours, or too old.
    pub fn read(cookie: &str, now: Timestamp) -> Option<Self> {
        let mut parts = cookie.split('.');
        let (secret, began, next) = (parts.next()?, parts.next()?, parts.next()?);
        Secret::parse(Purpose::Session, secret)?;
        let began = Timestamp::from_millis(began.parse().ok()?);
        let next = String::from_utf8(BASE64URL_NOPAD.decode(next.as_bytes()).ok()?).ok()?;
        let is_of_now = began <= now && now < began.plus_millis(SIGN_ON_MS_MAX);
        (is_of_now && parts.next().is_none()).then(|| Self { cookie: cookie.to_owned(), began, next })
    }

    /// What the browser is to keep: letters, digits, underscores, hyphens and dots.
    pub fn cookie(&self) -> &str {
        &self.cookie
    }

    /// Where somebody wanted to go, in their own words.
    pub fn next(&self) -> &str {
        &self.next
    }

    /// Whether this state came back from the provider.
    pub fn is_answered_by(&self, state: &str) -> bool {
        // Of digests, so that the time tells nothing of the state.
        Sha256::digest(state) == Sha256::digest(self.state())
    }

    /// What goes to the provider and has to come back.
    pub(super) fn state(&self) -> String {
        self.made("state")
    }

    /// What has to stand in the ID token.
    pub(super) fn nonce(&self) -> String {
        self.made("nonce")
    }

    /// What proves that whoever brings the code began the flow (RFC 7636): 64 characters.
    pub(super) fn verifier(&self) -> String {
        self.made("verifier")
    }

    /// One value of the flow: none can be told from another, nor the cookie from any.
    fn made(&self, what: &str) -> String {
        let digest =
            Sha256::new().chain_update("doorlist sign-on ").chain_update(what).chain_update(" ").chain_update(&self.cookie).finalize();
        HEXLOWER.encode(&digest)
    }
}

/// The flows that came back lately.
#[derive(Default)]
pub(super) struct Spent(Mutex<BTreeMap<String, Timestamp>>);

impl Spent {
    /// Notes that a flow came back. Says whether it is the first time.
    pub(super) fn spend(&self, flow: &Flow) -> bool {
        let mut spent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if spent.len() >= SIGN_ONS_SPENT_MAX {
            // One that began so long before this one can be read no more, or hardly so. If that makes no room, the oldest half goes.
            spent.retain(|_, began| began.plus_millis(SIGN_ON_MS_MAX) > flow.began);
            if spent.len() >= SIGN_ONS_SPENT_MAX {
                let mut times: Vec<Timestamp> = spent.values().copied().collect();
                times.sort_unstable();
                let middle = times.get(times.len() / 2).copied().unwrap_or(flow.began);
                spent.retain(|_, began| *began > middle);
            }
        }
        spent.insert(flow.state(), flow.began).is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

    #[test]
    fn a_flow_is_read_until_it_is_too_old() {
        let flow = Flow::begin(NOW, "/dashboard/x?y=ü").unwrap();
        let read = Flow::read(flow.cookie(), NOW.plus_millis(SIGN_ON_MS_MAX - 1)).unwrap();
        assert_eq!((read.next(), read.state(), read.nonce()), ("/dashboard/x?y=ü", flow.state(), flow.nonce()));
        assert!(read.is_answered_by(&flow.state()) && !read.is_answered_by(&flow.nonce()) && !read.is_answered_by(""));
        assert_eq!(flow.verifier().len(), 64);
        assert!(Flow::read(flow.cookie(), NOW.plus_millis(SIGN_ON_MS_MAX)).is_none());
        assert!(Flow::read(flow.cookie(), NOW.plus_millis(-1)).is_none());
        for wrong in
            [String::new(), "a.b.c".to_owned(), flow.cookie()[1..].to_owned(), format!("{}.", flow.cookie()), format!("{}%", flow.cookie())]
        {
            assert!(Flow::read(&wrong, NOW).is_none(), "{wrong}");
        }
        assert_eq!(Flow::begin(NOW, &"x".repeat(SIGN_ON_NEXT_BYTES_MAX + 1)).unwrap().next(), "");
    }

    #[test]
    fn what_is_changed_in_a_cookie_makes_another_flow() {
        let flow = Flow::begin(NOW, "/dashboard").unwrap();
        let later = flow.cookie().replace(&NOW.as_millis().to_string(), &(NOW.as_millis() + 1).to_string());
        let changed = Flow::read(&later, NOW.plus_millis(1)).unwrap();
        assert!(!changed.is_answered_by(&flow.state()));
    }

    #[test]
    fn a_flow_comes_back_once_also_if_many_do() {
        let spent = Spent::default();
        let flow = Flow::begin(NOW.plus_millis(5), "").unwrap();
        assert!(spent.spend(&flow) && !spent.spend(&flow));
        for _ in 0..SIGN_ONS_SPENT_MAX + 5 {
            assert!(spent.spend(&Flow::begin(NOW, "").unwrap()));
        }
        assert!(!spent.spend(&flow), "the newest stay");
        assert!(spent.0.lock().unwrap().len() <= SIGN_ONS_SPENT_MAX);
    }
}
