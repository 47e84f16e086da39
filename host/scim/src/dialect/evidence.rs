//! How much each trait speaks for whom.
//!
//! Only what is known counts. *Captured* and *documented* habits weigh most where nobody else has them, less
//! where two clients share one; what is *reported* by servers that serve the client weighs less, and what
//! is *inferred* least. A user agent that says a name outweighs everything else together.

use super::{Client, Trait, Traits};

/// What a client must reach to be recognised: more than one weak trait, or one strong one.
const EVIDENCE_MIN: u32 = 4;

/// How far it must be ahead of the next one.
const LEAD_MIN: u32 = 2;

/// The weights of one trait.
struct Weights {
    jumpcloud: u32,
    okta: u32,
    entra: u32,
}

const fn weights(jumpcloud: u32, okta: u32, entra: u32) -> Weights {
    Weights { jumpcloud, okta, entra }
}

fn weights_of(one: Trait) -> Weights {
    match one {
        // Documented for Entra, and sent by nobody else that is known.
        Trait::CapitalisedOperations => weights(0, 0, 8),
        // Documented for `active`; reported for `primary` by a fixture of Entra's validator.
        Trait::StringBooleans => weights(0, 0, 8),
        // Documented for Okta and Entra, reported for JumpCloud: it tells them from nobody here.
        Trait::PathlessReplace => weights(1, 1, 1),
        // Documented for Entra with its newer flag.
        Trait::QualifiedKeys => weights(0, 0, 6),
        // Documented for Okta; inferred for JumpCloud, whose rename may have more keys than the name.
        Trait::IdInReplace => weights(1, 6, 0),
        // Reported for JumpCloud by one article, documented for Entra without its newer flag.
        Trait::RemovalByList => weights(2, 0, 3),
        // Documented for Okta, and for Entra with its newer flag; inferred for JumpCloud.
        Trait::RemovalByFilter => weights(1, 2, 2),
        // Captured from JumpCloud. OneLogin is reported to send explicit nulls, weakly.
        Trait::NullLists => weights(6, 0, 0),
        // Captured from JumpCloud, documented for Okta.
        Trait::EmptyLists => weights(3, 2, 0),
        // Captured from JumpCloud.
        Trait::ExtensionWithoutData => weights(5, 0, 0),
        // Captured from JumpCloud; documented for Okta, which writes the merged resource back.
        Trait::IdInPut => weights(3, 3, 0),
        // In Entra's documentation; reported for an early authentik, which nobody here is.
        Trait::UnquotedValues => weights(0, 0, 2),
        // Documented for Entra.
        Trait::WithoutMembers => weights(0, 0, 4),
        // Documented, and named after its product.
        Trait::ComplianceFlag | Trait::MicrosoftSchema => weights(0, 0, 20),
        // Documented for Entra without its newer flag.
        Trait::NullReferences => weights(0, 0, 6),
        // Reported for Okta in a capture; inferred for the others, that who gives a name gives the own one.
        Trait::OktaAgent => weights(0, 100, 0),
        // A server that serves Entra knows it by the header.
        Trait::MicrosoftAgent | Trait::EntraHeader => weights(0, 0, 100),
        Trait::JumpCloudAgent => weights(100, 0, 0),
        // Documented for Entra in an example, and reported by a server that serves it.
        Trait::BareManager => weights(0, 0, 4),
        // Inferred for Entra, from the tolerance of servers that serve it.
        Trait::EmptyManager => weights(0, 0, 2),
        // Captured from JumpCloud.
        Trait::PhoneUris => weights(4, 0, 0),
        // Documented for Entra, in filters and paths.
        Trait::FilteredPaths => weights(0, 0, 3),
    }
}

pub(super) fn looks_like(traits: Traits) -> Client {
    let mut scores = [(0, Client::JumpCloud), (0, Client::Okta), (0, Client::Entra)];
    for one in traits.iter() {
        let weights = weights_of(one);
        for ((score, _), weight) in scores.iter_mut().zip([weights.jumpcloud, weights.okta, weights.entra]) {
            *score += weight;
        }
    }
    scores.sort_unstable_by_key(|(score, _)| std::cmp::Reverse(*score));
    let [(first, client), (second, _), _] = scores;
    if first >= EVIDENCE_MIN && first - second >= LEAD_MIN { client } else { Client::Unknown }
}
