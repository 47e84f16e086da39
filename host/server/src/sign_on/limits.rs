//! Every bound of single sign-on, with its unit and its reason.

/// Bytes of the file that configures it: a thousand grants with ids of tenants fit.
pub const SIGN_ON_FILE_BYTES_MAX: u64 = 1 << 20;

/// Bytes of the file with the client's secret: secrets are some dozen characters, and a file that was meant for something else is refused.
pub const CLIENT_SECRET_BYTES_MAX: u64 = 4 << 10;

/// Bytes of the file with certificates: a dozen of a company's CAs.
pub const SIGN_ON_CA_BYTES_MAX: u64 = 256 << 10;

/// Grants of an installation. Each is looked at whenever somebody who signed in so asks for a page.
pub const GRANTS_MAX: usize = 1_000;

/// Tenants of one grant, for the same reason.
pub const GRANT_TENANTS_MAX: usize = 1_000;

/// Characters of a client's id, of a claim's name and of a value that a grant names: longer than any provider shows on a line.
pub const SIGN_ON_TEXT_CHARACTERS_MAX: usize = 500;

/// Characters on the button: it stays one line on a telephone.
pub const BUTTON_CHARACTERS_MAX: usize = 60;

/// Scopes that are asked for beside `openid`: they stand in the address of the provider's page.
pub const SCOPES_MAX: usize = 20;

/// Characters of one scope, for the same reason.
pub const SCOPE_CHARACTERS_MAX: usize = 200;

/// Characters of a subject identifier (OpenID Connect Core 1.0 section 2 has 255). A longer one is refused rather than cut, since it tells people apart.
pub const SUBJECT_CHARACTERS_MAX: usize = 255;

/// Characters that are kept of a person's name and of their e-mail address: they stand in each activity entry.
pub const PERSON_CHARACTERS_MAX: usize = 200;

/// Seconds for a connection to the provider.
pub const PROVIDER_CONNECT_S_MAX: u64 = 5;

/// Seconds for one answer of the provider. Somebody looks at a blank page meanwhile.
pub const PROVIDER_S_MAX: u64 = 10;

/// Bytes of one answer of the provider. ID tokens with hundreds of groups have some kilobytes.
pub const PROVIDER_ANSWER_BYTES_MAX: u64 = 1 << 20;

/// Characters of the provider's words in an address that go to the log: whoever is in the browser writes them, so a line stays a line.
pub const PROVIDER_WORDS_CHARACTERS_MAX: usize = 200;

/// Milliseconds for which what the provider says of itself and its keys are kept. A key that is not among them has them fetched at once.
pub const PROVIDER_KEPT_MS: i64 = 3_600_000;

/// Milliseconds after a failure to reach the provider in which it is not tried again, so that whoever waits is told at once.
pub const PROVIDER_FAILED_MS: i64 = 2_000;

/// People whose sign-in waits for the provider at a time. Each takes a thread that nothing else can use.
pub const SIGN_ONS_AT_ONCE_MAX: usize = 16;

/// Milliseconds from the button to the way back: time to type a password and to find the second factor.
pub const SIGN_ON_MS_MAX: i64 = 10 * 60_000;

/// Bytes of the address that somebody wanted to see before signing in. A longer one is forgotten: it travels in a cookie.
pub const SIGN_ON_NEXT_BYTES_MAX: usize = 1_500;

/// Sign-ins that came back within [`SIGN_ON_MS_MAX`], each remembered so that it cannot come back again; beyond it the oldest are forgotten. The provider
/// takes each code once, too.
pub const SIGN_ONS_SPENT_MAX: usize = 10_000;
