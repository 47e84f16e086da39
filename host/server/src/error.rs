//! The one domain error. What it displays is prose of ours and safe for strangers; its cause goes to the log, once.
//!
//! Knows no HTTP: the edges turn a [`Kind`] into a status and a body of their own form.

use std::fmt;

use doorlist_scim::ErrorKind;

/// Something is wrong, in the words in which a stranger may read it.
#[derive(Debug)]
pub struct Error {
    kind: Kind,
    detail: String,
    problems: Vec<Problem>,
    stage: Option<&'static str>,
    cause: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// What sort of wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One of RFC 7644 section 3.12.
    Scim(ErrorKind),
    /// It was there and has been dropped.
    Gone,
}

/// One fault of a document, at a JSON Pointer (RFC 6901).
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
pub struct Problem {
    /// Where, as a JSON Pointer.
    pub pointer: String,
    /// What, in one sentence.
    pub message: String,
}

/// The JSON Pointer of the member `name` of what is at `pointer`, escaped as RFC 6901 section 3 has it.
pub(crate) fn pointer_below(pointer: &str, name: &str) -> String {
    format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"))
}

/// Shorthand for what most functions return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error of this kind.
    pub fn new(kind: ErrorKind, detail: impl Into<String>) -> Self {
        Self::of(Kind::Scim(kind), detail)
    }

    /// An error of this kind.
    pub fn of(kind: Kind, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into(), problems: Vec::new(), stage: None, cause: None }
    }

    /// A value is not acceptable.
    pub fn invalid(detail: impl Into<String>) -> Self {
        Self::new(ErrorKind::InvalidValue, detail)
    }

    /// `what` is not there. Says the same whether it never was, is gone, or belongs to somebody else.
    pub fn not_found(what: &str) -> Self {
        Self::new(ErrorKind::NotFound, format!("There is no such {what}."))
    }

    /// The request does not fit what is there.
    pub fn conflict(detail: impl Into<String>) -> Self {
        Self::new(ErrorKind::Conflict, detail)
    }

    /// A fault of ours. The stranger learns nothing of `cause`.
    pub fn internal(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::new(ErrorKind::Internal, "Something went wrong on our side. Try again later.").with_cause(cause)
    }

    /// The same with a cause for the log.
    pub fn with_cause(mut self, cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.cause = Some(cause.into());
        self
    }

    /// The same with one more sentence.
    pub fn with_sentence(mut self, sentence: &str) -> Self {
        self.detail.push(' ');
        self.detail.push_str(sentence);
        self
    }

    /// The same with the faults of a document.
    pub fn with_problems(mut self, problems: Vec<Problem>) -> Self {
        self.problems = problems;
        self
    }

    /// The same with the name of the stage at which it went wrong, where something passes several.
    pub fn at_stage(mut self, stage: &'static str) -> Self {
        self.stage = Some(stage);
        self
    }

    /// The same in the protocol's own form, without its cause.
    pub fn to_scim(&self) -> doorlist_scim::Error {
        let kind = match self.kind {
            Kind::Scim(kind) => kind,
            // Nothing that SCIM serves is ever announced as dropped.
            Kind::Gone => ErrorKind::NotFound,
        };
        doorlist_scim::Error::new(kind, self.detail.clone())
    }

    /// What sort of wrong.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The faults of a document, if the error is about one.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// The stage at which it went wrong, if there are several.
    pub fn stage(&self) -> Option<&'static str> {
        self.stage
    }

    /// The cause, for the log only.
    pub fn cause(&self) -> Option<&(dyn std::error::Error + Send + Sync + 'static)> {
        self.cause.as_deref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.detail)
    }
}

impl std::error::Error for Error {}

impl From<doorlist_scim::Error> for Error {
    fn from(error: doorlist_scim::Error) -> Self {
        Self::new(error.kind, error.detail)
    }
}
