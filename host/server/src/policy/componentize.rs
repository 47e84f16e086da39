//! Making a component of a core module, so that authors need nothing but a compiler.

use super::load_error::{LoadError, LoadStage};
use super::wasi::adapter;
use super::world::World;
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::{Resolve, WorldKey};

/// The contract, for modules that do not say their component type themselves.
const CONTRACT: &str = include_str!("../../../../plugins/wit/policy.wit");

/// The component around a core module. `typed` says that the module carries its component type.
///
/// `imports` says what it imports from: a module that wants WASI gets the stand-in.
pub(super) fn componentize(module: &[u8], typed: bool, world: World, imports: &[String]) -> Result<Vec<u8>, LoadError> {
    let mut module = module.to_vec();
    if !typed {
        embed(&mut module, world).map_err(|cause| {
            let message = "The contract of policies cannot be written into the module.";
            LoadError::new(LoadStage::Componentize, message).caused(cause)
        })?;
    }
    let mut encoder = ComponentEncoder::default();
    if imports.iter().any(|name| name == adapter::MODULE) {
        adapter::give(&mut encoder)
            .map_err(|cause| LoadError::new(LoadStage::Componentize, "The stand-in for WASI cannot be made.").caused(cause))?;
    }
    let component = encoder.validate(true).module(&module).and_then(ComponentEncoder::encode);
    component.map_err(|cause| {
        let message = "The module's functions do not have the names and types that doorlist:policy@1.0.0 asks for.";
        LoadError::new(LoadStage::Componentize, message).caused(cause)
    })
}

fn embed(module: &mut Vec<u8>, world: World) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let mut contract = Resolve::default();
    let package = contract.push_source("policy.wit", CONTRACT)?;
    let (name, absent) = match world {
        World::Typed => ("policy", Vec::new()),
        World::Json { user, group } => {
            let functions = [("user", user), ("group", group)];
            ("policy-json", functions.into_iter().filter(|(_, there)| !there).map(|(name, _)| name).collect())
        }
    };
    let world = contract.select_world(&[package], Some(name))?;
    // A world has all its exports, the contract asks for one of these.
    if let Some(world) = contract.worlds.get_mut(world) {
        world.exports.retain(|name, _| !matches!(name, WorldKey::Name(name) if absent.contains(&name.as_str())));
    }
    embed_component_metadata(module, &contract, world, StringEncoding::UTF8, false)?;
    Ok(())
}
