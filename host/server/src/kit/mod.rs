//! The author's kit: a new project, its build, its cases in the sandbox, and the way to a server.
//!
//! Reading order: [`template`] (what a project begins as), [`project`] (what its `doorlist-plugin.json` says), [`build`] (the commands of each language),
//! [`load`] (a file as the server would take it), [`cases`] (what a policy should do), [`bench`] (what it costs), [`push`] (uploading).
//!
//! Plugins run in [`crate::policy`], as they do in the server, so that whatever is refused there is refused here in the same words. Knows no tenant and no
//! storage, and nothing of how a terminal shows what it found.

pub mod bench;
pub mod build;
pub mod cases;
pub(crate) mod file;
pub mod limits;
pub mod load;
mod mask;
pub mod project;
pub mod push;
pub mod sign;
pub mod template;
