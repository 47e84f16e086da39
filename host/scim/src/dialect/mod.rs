//! Recognising a client from its traffic.
//!
//! Clients of one kind share habits that the RFCs neither ask for nor forbid. [`Traits::of_request`] finds
//! them in one request, [`Traits::union`] gathers what a connection has shown so far, and [`Traits::looks_like`]
//! says who has such habits. It is a hint for the people who look after a connection: nothing in this crate
//! treats a client differently for it, and [`quirks`](crate::quirks) holds for everybody.
//!
//! What is known of whom comes from captured traffic, from the documentation of the client, from the code
//! and articles of servers that serve it, or is inferred from those; its `evidence` module says which, for each trait.

mod evidence;
mod request;

use serde_json::Value;

/// Who a client is, as far as its habits tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Client {
    /// JumpCloud's custom SCIM integration.
    JumpCloud,
    /// Okta's SCIM client.
    Okta,
    /// Microsoft Entra, also under its older name Azure Active Directory.
    Entra,
    /// Nobody its habits would give away.
    Unknown,
}

impl Client {
    /// The name for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::JumpCloud => "JumpCloud",
            Self::Okta => "Okta",
            Self::Entra => "Entra",
            Self::Unknown => "unknown",
        }
    }
}

/// One habit of a client. The number of each is its bit in [`Traits::bits`] and never changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Trait {
    /// `"op": "Add"`. Entra without its newer flag.
    CapitalisedOperations = 0,
    /// `"active": "False"`, `"primary": "True"`. Entra without its newer flag.
    StringBooleans = 1,
    /// A replacement without a path, with attributes in its value. JumpCloud and Okta rename groups so, Okta
    /// deactivates users so, and Entra does it with its newer flag.
    PathlessReplace = 2,
    /// Such a replacement with keys like `name.givenName` or `urn:…:User:employeeNumber`. Entra with its newer
    /// flag.
    QualifiedKeys = 3,
    /// Such a replacement with the `id` of the resource in it. Okta renames groups so.
    IdInReplace = 4,
    /// Members removed by a list of them. JumpCloud, and Entra without its newer flag.
    RemovalByList = 5,
    /// Members removed by `members[value eq "…"]`. Okta, and Entra with its newer flag.
    RemovalByFilter = 6,
    /// `"emails": null`. JumpCloud.
    NullLists = 7,
    /// `"addresses": []` and the like. JumpCloud; Okta creates users with `"groups": []`.
    EmptyLists = 8,
    /// The URN of an extension in `schemas` that the body has nothing of. JumpCloud.
    ExtensionWithoutData = 9,
    /// `id` in the body of a PUT. JumpCloud; Okta, which writes back what it read.
    IdInPut = 10,
    /// `externalId eq jyoung`. Entra's documentation; authentik once.
    UnquotedValues = 11,
    /// `excludedAttributes=members`. Entra with every request about groups.
    WithoutMembers = 12,
    /// The flag `aadOptscim062020` in the base URL, which arrives as a parameter. Entra.
    ComplianceFlag = 13,
    /// A schema of Microsoft's own in `schemas`. Entra, creating groups.
    MicrosoftSchema = 14,
    /// `"$ref": null` in members. Entra without its newer flag.
    NullReferences = 15,
    /// A user agent that names Okta.
    OktaAgent = 16,
    /// A user agent that names Microsoft, Entra or Azure.
    MicrosoftAgent = 17,
    /// A user agent that names JumpCloud.
    JumpCloudAgent = 18,
    /// A manager as a bare string. Entra.
    BareManager = 19,
    /// A manager with an empty `value`. Entra, removing one.
    EmptyManager = 20,
    /// Phone numbers as `tel:` URIs (RFC 3966). JumpCloud.
    PhoneUris = 21,
    /// Changes at paths like `emails[type eq "work"].value`. Entra.
    FilteredPaths = 22,
    /// The header `Adscimversion`. Entra.
    EntraHeader = 23,
}

impl Trait {
    /// Every trait, in the order of their bits.
    pub const ALL: [Self; 24] = [
        Self::CapitalisedOperations,
        Self::StringBooleans,
        Self::PathlessReplace,
        Self::QualifiedKeys,
        Self::IdInReplace,
        Self::RemovalByList,
        Self::RemovalByFilter,
        Self::NullLists,
        Self::EmptyLists,
        Self::ExtensionWithoutData,
        Self::IdInPut,
        Self::UnquotedValues,
        Self::WithoutMembers,
        Self::ComplianceFlag,
        Self::MicrosoftSchema,
        Self::NullReferences,
        Self::OktaAgent,
        Self::MicrosoftAgent,
        Self::JumpCloudAgent,
        Self::BareManager,
        Self::EmptyManager,
        Self::PhoneUris,
        Self::FilteredPaths,
        Self::EntraHeader,
    ];

    fn bit(self) -> u64 {
        1 << (self as u8)
    }

    /// What the client sends, as a part of a sentence for people.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::CapitalisedOperations => "capitalised operations",
            Self::StringBooleans => "string booleans",
            Self::PathlessReplace => "replacements without a path",
            Self::QualifiedKeys => "dotted or URN-prefixed keys",
            Self::IdInReplace => "an id inside replacements",
            Self::RemovalByList => "removals of members by list",
            Self::RemovalByFilter => "removals of members by filter",
            Self::NullLists => "null for lists",
            Self::EmptyLists => "empty lists",
            Self::ExtensionWithoutData => "extension URNs without data",
            Self::IdInPut => "an id in PUT bodies",
            Self::UnquotedValues => "filter values without quotes",
            Self::WithoutMembers => "requests for groups without members",
            Self::ComplianceFlag => "the aadOptscim062020 flag",
            Self::MicrosoftSchema => "a Microsoft schema URN",
            Self::NullReferences => "null references of members",
            Self::OktaAgent => "Okta's user agent",
            Self::MicrosoftAgent => "Microsoft's user agent",
            Self::JumpCloudAgent => "JumpCloud's user agent",
            Self::BareManager => "a manager as a bare string",
            Self::EmptyManager => "a manager with an empty value",
            Self::PhoneUris => "phone numbers as tel: URIs",
            Self::FilteredPaths => "changes by the type of an element",
            Self::EntraHeader => "Entra's header Adscimversion",
        }
    }
}

/// What a request says of its client beside parameters and body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Headers<'a> {
    /// `User-Agent`.
    pub user_agent: Option<&'a str>,
    /// Whether there is an `Adscimversion`.
    pub has_adscimversion: bool,
}

/// A set of traits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Traits(u64);

impl Traits {
    /// What one request shows. `parameters` are decoded; `body` is the JSON of it, if it has any. Looks at the
    /// first few operations, elements and keys only, so it costs next to nothing. The operations of a bulk request are looked
    /// at as the requests that they stand for.
    pub fn of_request(method: &str, parameters: &[(String, String)], headers: Headers<'_>, body: Option<&Value>) -> Self {
        request::traits(method, parameters, headers, body)
    }

    /// The set as a number, to be stored.
    pub fn bits(self) -> u64 {
        self.0
    }

    /// The set of a number. Bits no trait has, such as those of a later version, are passed over.
    pub fn from_bits(bits: u64) -> Self {
        Trait::ALL.into_iter().filter(|one| bits & one.bit() != 0).collect()
    }

    /// Adds a trait.
    pub fn insert(&mut self, one: Trait) {
        self.0 |= one.bit();
    }

    /// The traits of both.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether a trait is among them.
    pub fn contains(self, one: Trait) -> bool {
        self.0 & one.bit() != 0
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The traits, in the order of their bits.
    pub fn iter(self) -> impl Iterator<Item = Trait> {
        Trait::ALL.into_iter().filter(move |one| self.contains(*one))
    }

    /// Who has such habits: whoever the weights of the traits speak for clearly.
    pub fn looks_like(&self) -> Client {
        evidence::looks_like(*self)
    }

    /// A sentence for people, such as "sends capitalised operations and string booleans; looks like Entra".
    pub fn summary(&self) -> String {
        let parts: Vec<&str> = self.iter().map(Trait::sentence).collect();
        let list = match parts.as_slice() {
            [] => return "nothing unusual so far".to_owned(),
            [only] => (*only).to_owned(),
            [start @ .., last] => format!("{} and {last}", start.join(", ")),
        };
        match self.looks_like() {
            Client::Unknown => format!("sends {list}; not enough to tell who it is"),
            client => format!("sends {list}; looks like {}", client.name()),
        }
    }
}

impl FromIterator<Trait> for Traits {
    fn from_iter<I: IntoIterator<Item = Trait>>(traits: I) -> Self {
        let mut set = Self::default();
        traits.into_iter().for_each(|one| set.insert(one));
        set
    }
}
