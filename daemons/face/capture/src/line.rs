// SPDX-License-Identifier: MIT OR Apache-2.0
//! One pipeline, from the source to the ring.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use gstreamer as gst;
use gstreamer::prelude::*;
use tokio::sync::{OwnedSemaphorePermit, watch};
use uketsuke_face_preview::{Colours, SLOTS, Shape, Writer};

use crate::camera::{Frame, STALE, Seen, Setup, Source};
use crate::device;
use crate::fault::Fault;
use crate::judge::Judge;
use crate::look::{Region, look};
use crate::pool::Pool;

/// `GST_FLOW_NOT_NEGOTIATED`, as an error's details say it.
const NOT_NEGOTIATED: i32 = -4;

/// Where what arrives goes.
#[derive(Clone)]
pub(crate) struct Ends {
    pub(crate) ring: Arc<Writer>,
    pub(crate) frames: watch::Sender<Option<Frame>>,
    pub(crate) seen: watch::Sender<Seen>,
    pub(crate) region: Arc<Mutex<Region>>,
    /// Nobody looks any more: what still arrives while the device closes goes nowhere.
    pub(crate) over: Arc<AtomicBool>,
}

/// A pipeline that runs. Dropped, it stops.
pub(crate) struct Line {
    pipeline: gst::Pipeline,
    /// Given back once the device is closed.
    _open: OwnedSemaphorePermit,
}

impl Line {
    /// Builds it and has it start; blocks as long as the device takes to open.
    pub(crate) fn start(
        setup: &Setup,
        ends: Ends,
        open: OwnedSemaphorePermit,
    ) -> Result<Self, Fault> {
        let line = Self {
            pipeline: gst::Pipeline::new(),
            _open: open,
        };
        line.build(setup, ends)?;
        let Err(_) = line.pipeline.set_state(gst::State::Playing) else {
            return Ok(line);
        };
        let bus = line.bus();
        let message = bus.pop_filtered(&[gst::MessageType::Error]);
        Err(message
            .and_then(|said| fault(&said))
            .unwrap_or(Fault::Refused))
    }

    fn build(&self, setup: &Setup, ends: Ends) -> Result<(), Fault> {
        let shape = setup.shape;
        let source = match &setup.source {
            Source::Device(named) => from_device(named)?,
            Source::Bench(make) => make(),
        };
        let asked = filter(size(shape, setup.rate))?;
        let convert = part("videoconvert")?;
        let wanted = filter(colours(shape))?;
        let sink = part("fakesink")?;
        sink.set_property("sync", false);
        sink.set_property("async", false);
        // A picture that the sink keeps is one that stays after the patient has gone.
        sink.set_property("enable-last-sample", false);
        let all = [&source, &asked, &convert, &wanted, &sink];
        self.pipeline.add_many(all).map_err(defect)?;
        gst::Element::link_many(all).map_err(defect)?;
        let pad = sink.static_pad("sink").ok_or(Fault::WrongFormat)?;
        let sink = sink.downgrade();
        let eye = Mutex::new(Judge::default());
        let kinds = gst::PadProbeType::BUFFER | gst::PadProbeType::QUERY_DOWNSTREAM;
        pad.add_probe(kinds, move |_, info| {
            if let Some(query) = info.query_mut() {
                return propose(query, &ends);
            }
            if let (Some(buffer), Some(sink)) = (info.buffer(), sink.upgrade()) {
                let mut judge = eye.lock().unwrap_or_else(PoisonError::into_inner);
                arrived(buffer, &sink, &ends, &mut judge);
            }
            gst::PadProbeReturn::Ok
        });
        Ok(())
    }

    /// What the pipeline says.
    pub(crate) fn bus(&self) -> gst::Bus {
        self.pipeline.bus().expect("every pipeline has a bus")
    }

    /// Closes the device; blocks as long as that takes.
    pub(crate) fn stop(self) {
        drop(self);
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if let Err(error) = self.pipeline.set_state(gst::State::Null) {
            tracing::error!(%error, "a pipeline does not stop");
        }
    }
}

/// What a message says is wrong; none where nothing is.
pub(crate) fn fault(message: &gst::Message) -> Option<Fault> {
    let error = match message.view() {
        gst::MessageView::Eos(_) => return Some(Fault::Ended),
        gst::MessageView::Error(error) => error,
        _ => return None,
    };
    let flow = error
        .details()
        .and_then(|d| d.get::<i32>("flow-return").ok());
    if flow == Some(NOT_NEGOTIATED) {
        return Some(Fault::WrongFormat);
    }
    let why = error.error();
    tracing::debug!(%why, "the pipeline failed");
    Some(match why.kind::<gst::ResourceError>() {
        Some(gst::ResourceError::NotFound) => Fault::Absent,
        Some(gst::ResourceError::Busy | gst::ResourceError::OpenReadWrite) => Fault::Refused,
        Some(gst::ResourceError::OpenRead | gst::ResourceError::NotAuthorized) => Fault::Refused,
        Some(gst::ResourceError::Settings) => Fault::WrongFormat,
        _ => match why.kind::<gst::StreamError>() {
            Some(gst::StreamError::Format | gst::StreamError::WrongType) => Fault::WrongFormat,
            Some(gst::StreamError::Decode | gst::StreamError::Demux) => Fault::Garbage,
            _ => Fault::Ended,
        },
    })
}

/// The named device's pictures.
fn from_device(named: &device::Named) -> Result<gst::Element, Fault> {
    let devices = device::all().map_err(|error| {
        tracing::warn!(%error, "udev cannot be asked for cameras");
        Fault::Absent
    })?;
    let node: &Path = device::choose(&devices, named)?;
    let source = part("v4l2src")?;
    source.set_property("device", node.to_string_lossy().as_ref());
    Ok(source)
}

/// Offers the ring's slots to whoever writes the pictures.
fn propose(query: &mut gst::QueryRef, ends: &Ends) -> gst::PadProbeReturn {
    let gst::QueryViewMut::Allocation(allocation) = query.view_mut() else {
        return gst::PadProbeReturn::Ok;
    };
    let size = ends.ring.shape().bytes() as u32;
    let pool = Pool::of(&ends.ring);
    allocation.add_allocation_pool(Some(&pool), size, 2, SLOTS as u32);
    gst::PadProbeReturn::Handled
}

/// A picture is there.
fn arrived(buffer: &gst::Buffer, sink: &gst::Element, ends: &Ends, judge: &mut Judge) {
    if ends.over.load(Ordering::Acquire) {
        return;
    }
    let at = running_time(buffer, sink);
    let now = sink.current_running_time().map(Duration::from);
    let age = match (now, at) {
        (Some(now), Some(at)) => now.saturating_sub(at),
        _ => Duration::ZERO,
    };
    if age > STALE {
        ends.seen.send_modify(|seen| seen.stale += 1);
        return;
    }
    let broken = buffer.flags().contains(gst::BufferFlags::CORRUPTED);
    let shape = ends.ring.shape();
    let mapped = buffer.clone().into_mapped_buffer_readable().ok();
    let picture = mapped.filter(|bytes| !broken && bytes.len() == shape.bytes());
    let region = *ends.region.lock().unwrap_or_else(PoisonError::into_inner);
    let seen = picture.as_ref().and_then(|p| look(p, &shape, &region));
    let verdict = judge.see(seen.as_ref(), at.or(now).unwrap_or_default());
    let mut copied = false;
    if let Some(picture) = picture {
        match ends.ring.slot_of(&picture) {
            Some(slot) => drop(ends.ring.publish(slot)),
            None => copied = ends.ring.copy_in(&picture).is_some(),
        }
        let frame = Frame::new(picture, shape, age);
        ends.frames.send_replace(Some(frame));
    }
    ends.seen.send_modify(|seen| {
        seen.pictures += 1;
        seen.copies += u64::from(copied);
        seen.verdict = verdict;
    });
}

fn running_time(buffer: &gst::Buffer, sink: &gst::Element) -> Option<Duration> {
    let segment = sink
        .static_pad("sink")?
        .sticky_event::<gst::event::Segment>(0)?
        .segment()
        .downcast_ref::<gst::ClockTime>()?
        .clone();
    Some(segment.to_running_time(buffer.pts()?)?.into())
}

fn size(shape: Shape, rate: u32) -> gst::Caps {
    let fraction = |number: u32, of: i32| gst::Fraction::new(number as i32, of);
    // Cameras that say 30 often mean 29.97.
    let rates = gst::FractionRange::new(fraction(rate * 9, 10), fraction(rate, 1));
    gst::Caps::builder("video/x-raw")
        .field("width", shape.width as i32)
        .field("height", shape.height as i32)
        .field("framerate", rates)
        .build()
}

fn colours(shape: Shape) -> gst::Caps {
    let format = match shape.colours {
        Colours::Grey => "GRAY8",
        Colours::Rgb => "RGB",
    };
    gst::Caps::builder("video/x-raw")
        .field("format", format)
        .build()
}

fn filter(caps: gst::Caps) -> Result<gst::Element, Fault> {
    let filter = part("capsfilter")?;
    filter.set_property("caps", caps);
    Ok(filter)
}

fn part(kind: &str) -> Result<gst::Element, Fault> {
    gst::ElementFactory::make(kind).build().map_err(defect)
}

/// A part is missing or does not fit: another GStreamer than this was written for.
fn defect(error: impl std::fmt::Display) -> Fault {
    tracing::error!(%error, "this GStreamer cannot take pictures");
    Fault::WrongFormat
}
