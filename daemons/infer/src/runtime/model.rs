// SPDX-License-Identifier: MIT OR Apache-2.0
//! One model: checked against what was said of it, run on one thread.

use std::collections::BTreeSet;
use std::ffi::{c_char, c_uint, c_void};
use std::ptr;

use super::symbols::{CPU, Handle, LOCK_READ, LOCK_WRITE, Status, TensorType, given, worked};
use super::{Runtime, RuntimeError};
use crate::tensor::{Element, Tensor};

/// XNNPACK's threads: a second one gains nothing on a busy machine and spins on an idle one.
const XNNPACK_OPTIONS: &[u8] = b"num_threads = 1\n\0";

/// A model that can be run.
///
/// It borrows its own bytes and the runtime, which therefore outlive what the library keeps of them.
pub struct Model<'a> {
    runtime: &'a Runtime,
    handles: Handles<'a>,
    inputs: Vec<Buffer<'a>>,
    outputs: Vec<Buffer<'a>>,
    fully_accelerated: bool,
    ops: BTreeSet<u32>,
}

/// Handles in the order in which they were made; destroyed the other way round.
struct Handles<'a> {
    runtime: &'a Runtime,
    model: Handle,
    compiled: Handle,
}

struct Buffer<'a> {
    runtime: &'a Runtime,
    handle: Handle,
    bytes: usize,
}

/// Which side of a model.
#[derive(Clone, Copy)]
enum Side {
    In,
    Out,
}

impl<'a> Model<'a> {
    /// Loads the model in `bytes`, whose tensors must be `inputs` and `outputs`.
    ///
    /// # Errors
    /// [`RuntimeError`]; [`RuntimeError::Disagrees`] where the model has other tensors.
    pub fn load(
        runtime: &'a Runtime,
        bytes: &'a [u8],
        inputs: &[Tensor],
        outputs: &[Tensor],
    ) -> Result<Self, RuntimeError> {
        let api = &runtime.api;
        let mut handles = Handles {
            runtime,
            model: ptr::null_mut(),
            compiled: ptr::null_mut(),
        };
        let mut model = ptr::null_mut();
        // SAFETY: the bytes outlive the model, as its lifetime says.
        let status = unsafe {
            let (start, length) = (bytes.as_ptr().cast(), bytes.len());
            (api.create_model)(runtime.environment, start, length, &raw mut model)
        };
        handles.model = given("read the model", status, model)?.as_ptr();
        handles.compiled = compile(runtime, handles.model)?;
        let mut fully_accelerated = false;
        // SAFETY: the handle is that of a compiled model, the result is written before the call returns.
        let status =
            unsafe { (api.fully_accelerated)(handles.compiled, &raw mut fully_accelerated) };
        worked("ask for what is accelerated", status)?;
        let ops = ops(runtime, handles.model)?;
        let inputs = buffers(&handles, Side::In, inputs)?;
        let outputs = buffers(&handles, Side::Out, outputs)?;
        Ok(Self {
            runtime,
            handles,
            inputs,
            outputs,
            fully_accelerated,
            ops,
        })
    }

    /// Whether every operation runs in XNNPACK.
    #[must_use]
    pub fn fully_accelerated(&self) -> bool {
        self.fully_accelerated
    }

    /// The builtin operators it uses, by their number in TFLite's schema.
    #[must_use]
    pub fn ops(&self) -> &BTreeSet<u32> {
        &self.ops
    }

    /// Runs it: all inputs in, all outputs out, bytes of each tensor in the model's order.
    ///
    /// # Errors
    /// [`RuntimeError::Length`], [`RuntimeError::Status`].
    pub fn run(&mut self, inputs: &[&[u8]], outputs: &mut [&mut [u8]]) -> Result<(), RuntimeError> {
        lengths(&self.inputs, inputs.iter().map(|bytes| bytes.len()))?;
        lengths(&self.outputs, outputs.iter().map(|bytes| bytes.len()))?;
        for (buffer, bytes) in self.inputs.iter().zip(inputs) {
            buffer.locked(LOCK_WRITE, |memory| {
                // SAFETY: the buffer has as many bytes, as `lengths` saw, and is locked for writing.
                unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), memory, bytes.len()) };
            })?;
        }
        let mut ins: Vec<Handle> = self.inputs.iter().map(|buffer| buffer.handle).collect();
        let mut outs: Vec<Handle> = self.outputs.iter().map(|buffer| buffer.handle).collect();
        // SAFETY: handles of this model's own buffers, in arrays of the lengths given.
        let status = unsafe {
            (self.runtime.api.run)(
                self.handles.compiled,
                0,
                ins.len(),
                ins.as_mut_ptr(),
                outs.len(),
                outs.as_mut_ptr(),
            )
        };
        worked("run the model", status)?;
        for (buffer, bytes) in self.outputs.iter().zip(outputs) {
            buffer.locked(LOCK_READ, |memory| {
                // SAFETY: the buffer has as many bytes, as `lengths` saw, and is locked for reading.
                unsafe { ptr::copy_nonoverlapping(memory, bytes.as_mut_ptr(), bytes.len()) };
            })?;
        }
        Ok(())
    }
}

/// What the library calls instead of freeing [`XNNPACK_OPTIONS`]; it insists on something to call.
unsafe extern "C" fn keep(_: *mut c_void) {}

fn compile(runtime: &Runtime, model: Handle) -> Result<Handle, RuntimeError> {
    let api = &runtime.api;
    let mut options = ptr::null_mut();
    // SAFETY: the result is written before the call returns.
    let status = unsafe { (api.create_options)(&raw mut options) };
    let options = given("make options", status, options)?.as_ptr();
    let mut compiled = ptr::null_mut();
    let mut compile = || {
        // SAFETY: `options` was just made; what it is given lives through the program.
        unsafe {
            worked("choose the processor", (api.set_accelerators)(options, CPU))?;
            let mut opaque = ptr::null_mut();
            let payload = XNNPACK_OPTIONS.as_ptr().cast_mut().cast::<c_void>();
            let name: *const c_char = c"xnnpack".as_ptr();
            let status = (api.create_opaque)(name, payload, Some(keep), &raw mut opaque);
            let opaque = given("make options of XNNPACK", status, opaque)?.as_ptr();
            worked("set options of XNNPACK", (api.add_opaque)(options, opaque))?;
            let status = (api.compile)(runtime.environment, model, options, &raw mut compiled);
            given("compile the model", status, compiled)
        }
    };
    let compiled = compile();
    // SAFETY: made above, and a compiled model keeps nothing of it.
    unsafe { (api.destroy_options)(options) };
    Ok(compiled?.as_ptr())
}

fn ops(runtime: &Runtime, model: Handle) -> Result<BTreeSet<u32>, RuntimeError> {
    let api = &runtime.api;
    let mut found = BTreeSet::new();
    let graphs = count("count graphs", |into| unsafe {
        (api.subgraphs)(model, into)
    })?;
    for graph in 0..graphs {
        let graph = handle("take a graph", |into| unsafe {
            (api.subgraph)(model, graph, into)
        })?;
        let ops = count("count operations", |into| unsafe { (api.ops)(graph, into) })?;
        for op in 0..ops {
            let op = handle("take an operation", |into| unsafe {
                (api.op)(graph, op, into)
            })?;
            let mut code: c_uint = 0;
            // SAFETY: the handle was just given, the result is written before the call returns.
            worked("name an operation", unsafe {
                (api.op_code)(op, &raw mut code)
            })?;
            found.insert(code);
        }
    }
    Ok(found)
}

/// A number that a call writes. The closures below call functions of the library with handles it gave,
/// and a place that lives through the call: that is their safety.
fn count(
    act: &'static str,
    call: impl FnOnce(*mut usize) -> Status,
) -> Result<usize, RuntimeError> {
    let mut number = 0;
    worked(act, call(&raw mut number))?;
    Ok(number)
}

/// A handle that a call writes; see [`count`].
fn handle(
    act: &'static str,
    call: impl FnOnce(*mut Handle) -> Status,
) -> Result<Handle, RuntimeError> {
    let mut handle = ptr::null_mut();
    let status = call(&raw mut handle);
    Ok(given(act, status, handle)?.as_ptr())
}

fn buffers<'a>(
    handles: &Handles<'a>,
    side: Side,
    wanted: &[Tensor],
) -> Result<Vec<Buffer<'a>>, RuntimeError> {
    let (api, runtime) = (&handles.runtime.api, handles.runtime);
    let signature = handle("take the signature", |into| unsafe {
        (api.signature)(handles.model, 0, into)
    })?;
    let has = count("count tensors", |into| unsafe {
        match side {
            Side::In => (api.signature_inputs)(signature, into),
            Side::Out => (api.signature_outputs)(signature, into),
        }
    })?;
    if has != wanted.len() {
        return Err(RuntimeError::Disagrees {
            what: "tensors",
            has: has.to_string(),
            wanted: wanted.len().to_string(),
        });
    }
    let mut buffers = Vec::new();
    for (index, wanted) in wanted.iter().enumerate() {
        let tensor = handle("take a tensor", |into| unsafe {
            match side {
                Side::In => (api.input_tensor)(signature, index, into),
                Side::Out => (api.output_tensor)(signature, index, into),
            }
        })?;
        let mut kind = TensorType::EMPTY;
        // SAFETY: the handle was just given, the type is written before the call returns.
        worked("ask for a tensor's type", unsafe {
            (api.tensor_type)(tensor, &raw mut kind)
        })?;
        agrees(&kind, wanted)?;
        let requirements = handle("ask what a tensor needs", |into| unsafe {
            match side {
                Side::In => (api.input_requirements)(handles.compiled, 0, index, into),
                Side::Out => (api.output_requirements)(handles.compiled, 0, index, into),
            }
        })?;
        let buffer = handle("make room for a tensor", |into| unsafe {
            (api.create_buffer)(runtime.environment, &raw const kind, requirements, into)
        })?;
        let buffer = Buffer {
            runtime,
            handle: buffer,
            bytes: wanted.bytes(),
        };
        let room = count("ask for the room of a tensor", |into| unsafe {
            (api.buffer_size)(buffer.handle, into)
        })?;
        if room < buffer.bytes {
            return Err(RuntimeError::Disagrees {
                what: "bytes of a tensor",
                has: room.to_string(),
                wanted: buffer.bytes.to_string(),
            });
        }
        buffers.push(buffer);
    }
    Ok(buffers)
}

fn agrees(kind: &TensorType, wanted: &Tensor) -> Result<(), RuntimeError> {
    let rank = usize::from(kind.rank_and_flag & 0x7f).min(kind.dimensions.len());
    let dimensions = &kind.dimensions[..rank];
    // A size that is left open reads as -1 and is none of ours.
    let same = dimensions.len() == wanted.shape.len()
        && dimensions
            .iter()
            .zip(&wanted.shape)
            .all(|(&has, &wanted)| u32::try_from(has) == Ok(wanted));
    if same && kind.element == element(wanted.element) {
        return Ok(());
    }
    Err(RuntimeError::Disagrees {
        what: "shape of a tensor",
        has: format!("{dimensions:?} of type {}", kind.element),
        wanted: wanted.to_string(),
    })
}

/// `LiteRtElementType`.
fn element(element: Element) -> c_uint {
    match element {
        Element::Float32 => 1,
        Element::Uint8 => 3,
        Element::Int8 => 9,
    }
}

fn lengths(
    buffers: &[Buffer<'_>],
    brought: impl ExactSizeIterator<Item = usize>,
) -> Result<(), RuntimeError> {
    if buffers.len() != brought.len() {
        return Err(RuntimeError::Disagrees {
            what: "tensors",
            has: buffers.len().to_string(),
            wanted: brought.len().to_string(),
        });
    }
    for (index, (buffer, got)) in buffers.iter().zip(brought).enumerate() {
        if buffer.bytes != got {
            return Err(RuntimeError::Length {
                index,
                wanted: buffer.bytes,
                got,
            });
        }
    }
    Ok(())
}

impl Buffer<'_> {
    fn locked(&self, mode: c_uint, act: impl FnOnce(*mut u8)) -> Result<(), RuntimeError> {
        let api = &self.runtime.api;
        let mut memory = ptr::null_mut();
        // SAFETY: the handle is this buffer's, the address is written before the call returns.
        let status = unsafe { (api.lock)(self.handle, &raw mut memory, mode) };
        act(given("lock a tensor", status, memory)?.as_ptr().cast());
        // SAFETY: locked above.
        worked("unlock a tensor", unsafe { (api.unlock)(self.handle) })
    }
}

impl Drop for Buffer<'_> {
    fn drop(&mut self) {
        // SAFETY: made by this library, dropped once.
        unsafe { (self.runtime.api.destroy_buffer)(self.handle) };
    }
}

impl Drop for Handles<'_> {
    fn drop(&mut self) {
        // SAFETY: each was made by this library, or never and is null; dropped once, in reverse.
        unsafe {
            if !self.compiled.is_null() {
                (self.runtime.api.destroy_compiled)(self.compiled);
            }
            if !self.model.is_null() {
                (self.runtime.api.destroy_model)(self.model);
            }
        }
    }
}
