//! A recording put into an empty store.
//!
//! Knows nothing of pipelines.

use std::io::BufRead;

use super::recording::{Header, Reader, RecordedSchema, RecordedTenant, at_line};
use crate::admin::guard::Guard;
use crate::admin::keys::{Role, Scope};
use crate::admin::schemas::{Checked, NewSchema};
use crate::admin::tenants::{NewTenant, TenantPatch};
use crate::admin::{connections, schemas, tenants};
use crate::clock::Timestamp;
use crate::directory::{self, Recorded};
use crate::error::{Error, Kind, Result};
use crate::limits::RECORDING_LINES_PER_WRITE;
use crate::provision::{Catalog, Choices};
use crate::store::{Store, Tenant};
use doorlist_scim::ErrorKind;

/// The name of the tenant, which no recording has.
const NAME: &str = "Rehearsal";

/// Puts all of it, and gives whether the tenant was at rest while it was recorded. `tenant` is the store's first, which is not there yet.
pub(super) fn rebuild(store: &Store, tenant: &Tenant, mut reader: Reader<impl BufRead>, now: Timestamp) -> Result<bool> {
    let header = reader.header().clone();
    put_tenant(store, tenant, &header.tenant, now).map_err(|error| at_first(&error))?;
    put_schemas(tenant, &header.schemas, now).map_err(|error| at_first(&error))?;
    put_connections(tenant, &header, now).map_err(|error| at_first(&error))?;
    let mut batch = Vec::with_capacity(RECORDING_LINES_PER_WRITE);
    while let Some(line) = reader.next_line()? {
        batch.push(line);
        if batch.len() == RECORDING_LINES_PER_WRITE {
            put(tenant, std::mem::take(&mut batch))?;
        }
    }
    put(tenant, batch)?;
    Ok(reader.settled())
}

fn put_tenant(store: &Store, tenant: &Tenant, recorded: &RecordedTenant, now: Timestamp) -> Result<()> {
    let RecordedTenant { id, roles, default_role, plugin_limits } = recorded.clone();
    let new = NewTenant { name: NAME.to_owned(), roles: Some(roles), default_role: Some(default_role), test_resources: false };
    store.installation().write(move |tx| tenants::create(tx, id, &new, now))?;
    // A rehearsal shows what a pipeline makes of the directory, and nobody is there to release whom the guard holds.
    let guard = Guard { enabled: Some(false), ..Guard::default() };
    let patch = TenantPatch { plugin_limits: Some(plugin_limits), guard: Some(guard), ..TenantPatch::default() };
    tenant.write(move |tx| tenants::patch(tx, id, &patch, (Role::Owner, Scope::Root)))?;
    Ok(())
}

fn put_schemas(tenant: &Tenant, recorded: &[RecordedSchema], now: Timestamp) -> Result<()> {
    for RecordedSchema { extends, required, schema } in recorded.iter().cloned() {
        let checked = Checked::of(NewSchema { schema, extends, required })?;
        let survey = match checked.is_indexed() {
            true => Some(tenant.read(|rows| schemas::survey(rows, checked.id()))?),
            false => None,
        };
        tenant.write(move |tx| checked.add(tx, survey.as_ref(), now))?;
    }
    Ok(())
}

fn put_connections(tenant: &Tenant, header: &Header, now: Timestamp) -> Result<()> {
    let recorded = header.connections.clone();
    tenant.write(move |tx| recorded.iter().try_for_each(|one| connections::restore(tx, one.id, one.provider, &one.name, now)))
}

fn put(tenant: &Tenant, batch: Vec<(u64, Recorded)>) -> Result<()> {
    tenant.write(move |tx| {
        let catalog = Catalog::read(tx, Choices::default())?;
        for (line, recorded) in &batch {
            directory::restore_recorded(tx, &catalog, recorded.clone()).map_err(|error| told(*line, error))?;
        }
        Ok(())
    })
}

/// An error about a line, which a fault of ours is not.
fn told(line: u64, error: Error) -> Error {
    if error.kind() == Kind::Scim(ErrorKind::Internal) { error } else { at_line(line, &error.to_string()) }
}

/// An error about the first line, whose problems are told with it.
fn at_first(error: &Error) -> Error {
    let problems: Vec<String> = error.problems().iter().map(|problem| format!("\n  {} {}", problem.pointer, problem.message)).collect();
    at_line(1, &format!("{error}{}", problems.concat()))
}
