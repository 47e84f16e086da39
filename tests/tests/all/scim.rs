//! What every SCIM client can rely on, and the liberties of known ones.

mod attributes;
mod bulk;
mod characteristics;
mod discovery;
mod etags;
mod lists;
mod members;
mod odd;
mod paging;
mod patch;
mod projection;
mod search;
mod secrets;
mod surface;
mod users;
