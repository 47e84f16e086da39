//! What every SCIM client can rely on, and the liberties of known ones.

mod attributes;
mod bulk;
mod characteristics;
mod clients;
mod discovery;
mod errors;
mod etags;
mod group_names;
mod lists;
mod members;
mod odd;
mod own_schemas;
mod paging;
mod patch;
mod projection;
mod schemas_and_data;
mod search;
mod secrets;
mod surface;
mod users;
