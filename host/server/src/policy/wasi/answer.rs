//! What stand-ins answer.
//!
//! Few functions have an answer of their own; the others get the emptiest value of their type, and where they may fail, they do.

use crate::policy::fault::Stopped;
use crate::policy::limits::{RANDOM_BYTES_MAX, WRITE_BYTES_MAX};
use crate::policy::output::Stream;
use crate::policy::state::State;
use wasmtime::component::types::{ComponentFunc, Type};
use wasmtime::component::{ResourceDynamic, ResourceType, Val};
use wasmtime::{AsContextMut, StoreContextMut};

/// The handle that stands for standard error; every other stream that is written to is standard output.
const STDERR: u32 = 2;
/// The handle of everything else.
const HANDLE: u32 = 1;

/// A function of WASI, as far as it has an answer of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Function {
    /// Ends the program.
    Exit,
    /// Standard error.
    Stderr,
    /// How much may be written at once.
    CheckWrite,
    /// Writes to a stream.
    Write,
    /// Succeeds without doing anything.
    Nothing,
    /// Waits for nothing: everything is ready.
    Poll,
    Ready,
    RandomBytes,
    RandomNumber,
    Other,
}

impl Function {
    /// The function of an interface; names are unique among those that matter.
    pub(super) fn named(name: &str) -> Function {
        match name {
            "exit" | "exit-with-code" => Function::Exit,
            "get-stderr" => Function::Stderr,
            "[method]output-stream.check-write" => Function::CheckWrite,
            "[method]output-stream.write" | "[method]output-stream.blocking-write-and-flush" => Function::Write,
            "[method]output-stream.flush"
            | "[method]output-stream.blocking-flush"
            | "[method]output-stream.write-zeroes"
            | "[method]output-stream.blocking-write-zeroes-and-flush" => Function::Nothing,
            "poll" => Function::Poll,
            "[method]pollable.ready" => Function::Ready,
            "get-random-bytes" | "get-insecure-random-bytes" => Function::RandomBytes,
            "get-random-u64" | "get-insecure-random-u64" => Function::RandomNumber,
            _ => Function::Other,
        }
    }

    /// Answers a call.
    pub(super) fn answer(
        self,
        mut store: StoreContextMut<'_, State>,
        ty: &ComponentFunc,
        arguments: &[Val],
        results: &mut [Val],
    ) -> wasmtime::Result<()> {
        let mut handle = None;
        for argument in arguments {
            release(&mut store, argument, &mut handle)?;
        }
        let Some((result, ty)) = results.first_mut().zip(ty.results().next()) else {
            return if self == Function::Exit { Err(Stopped::Exit.into()) } else { Ok(()) };
        };
        let value = match (self, arguments) {
            (Function::Exit, _) => return Err(Stopped::Exit.into()),
            (Function::Stderr, _) => empty(&mut store, &ty, STDERR)?,
            (Function::CheckWrite, _) => Val::Result(Ok(Some(Box::new(Val::U64(WRITE_BYTES_MAX))))),
            (Function::Write, [_, Val::List(bytes)]) => {
                let bytes: Vec<u8> = bytes.iter().filter_map(|byte| if let Val::U8(byte) = byte { Some(*byte) } else { None }).collect();
                store.data_mut().output.print(if handle == Some(STDERR) { Stream::Err } else { Stream::Out }, &bytes);
                Val::Result(Ok(None))
            }
            (Function::Nothing, _) => Val::Result(Ok(None)),
            (Function::Ready, _) => Val::Bool(true),
            (Function::Poll, [Val::List(waiting)]) => Val::List((0_u32..).zip(waiting).map(|(place, _)| Val::U32(place)).collect()),
            (Function::RandomBytes, [Val::U64(bytes)]) => {
                if *bytes > RANDOM_BYTES_MAX {
                    return Err(Stopped::Random.into());
                }
                let state = store.data_mut();
                Val::List((0..*bytes).map(|_| Val::U8(state.random().to_le_bytes()[0])).collect())
            }
            (Function::RandomNumber, _) => Val::U64(store.data_mut().random()),
            _ => empty(&mut store, &ty, HANDLE)?,
        };
        // The engine checks that the value has the type that the component was compiled for.
        *result = value;
        Ok(())
    }
}

/// Gives handles in an argument back, which the engine wants of whoever takes them by value. The first one is kept in `handle`.
fn release(store: &mut StoreContextMut<'_, State>, argument: &Val, handle: &mut Option<u32>) -> wasmtime::Result<()> {
    match argument {
        Val::Resource(resource) => {
            let rep = resource.try_into_resource_dynamic(store.as_context_mut())?.rep();
            handle.get_or_insert(rep);
        }
        Val::List(values) | Val::Tuple(values) => values.iter().try_for_each(|value| release(store, value, handle))?,
        Val::Record(fields) => fields.iter().try_for_each(|(_, value)| release(store, value, handle))?,
        Val::Option(Some(value)) | Val::Variant(_, Some(value)) | Val::Result(Ok(Some(value)) | Err(Some(value))) => {
            release(store, value, handle)?;
        }
        _ => {}
    }
    Ok(())
}

/// The emptiest value of a type. `handle` is what a handle in it is to stand for.
fn empty(store: &mut StoreContextMut<'_, State>, ty: &Type, handle: u32) -> wasmtime::Result<Val> {
    Ok(match ty {
        Type::Bool => Val::Bool(false),
        Type::S8 => Val::S8(0),
        Type::U8 => Val::U8(0),
        Type::S16 => Val::S16(0),
        Type::U16 => Val::U16(0),
        Type::S32 => Val::S32(0),
        Type::U32 => Val::U32(0),
        Type::S64 => Val::S64(0),
        Type::U64 => Val::U64(0),
        Type::Float32 => Val::Float32(0.0),
        Type::Float64 => Val::Float64(0.0),
        Type::Char => Val::Char('\0'),
        Type::String => Val::String(String::new()),
        Type::List(_) => Val::List(Vec::new()),
        Type::Option(_) => Val::Option(None),
        Type::Flags(_) => Val::Flags(Vec::new()),
        Type::Enum(ty) => Val::Enum(ty.names().next().unwrap_or_default().to_owned()),
        Type::Record(ty) => {
            let fields = ty.fields().map(|field| Ok((field.name.to_owned(), empty(store, &field.ty, handle)?)));
            Val::Record(fields.collect::<wasmtime::Result<_>>()?)
        }
        Type::Tuple(ty) => Val::Tuple(ty.types().map(|ty| empty(store, &ty, handle)).collect::<wasmtime::Result<_>>()?),
        Type::Variant(ty) => {
            // One that says nothing if there is one, such as the end of a stream.
            let case = ty.cases().find(|case| case.ty.is_none()).or_else(|| ty.cases().next());
            let Some(case) = case else { return Err(wasmtime::Error::msg("a variant without cases")) };
            let value = case.ty.as_ref().map(|ty| empty(store, ty, handle)).transpose()?;
            Val::Variant(case.name.to_owned(), value.map(Box::new))
        }
        Type::Result(ty) => {
            let error = ty.err().map(|ty| empty(store, &ty, handle)).transpose()?;
            Val::Result(Err(error.map(Box::new)))
        }
        Type::Own(ty) => {
            // Their number is small, and given by `link`.
            let number = (0..=u32::from(u8::MAX)).find(|number| ResourceType::host_dynamic(*number) == *ty);
            let number = number.ok_or_else(|| wasmtime::Error::msg("a resource that nobody made"))?;
            Val::Resource(ResourceDynamic::new_own(handle, number).try_into_resource_any(store.as_context_mut())?)
        }
        _ => return Err(wasmtime::Error::msg("a type that WASI 0.2 does not have")),
    })
}
