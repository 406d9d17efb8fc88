// SPDX-License-Identifier: MIT OR Apache-2.0
//! The slots of a ring as GStreamer's buffers: whatever converts the camera's pictures writes them where
//! they are looked at.

use std::sync::{Arc, OnceLock};

use gstreamer as gst;
use gstreamer::glib;
use gstreamer::subclass::prelude::*;
use uketsuke_face_preview::Writer;

glib::wrapper! {
    /// A pool of the slots of one ring.
    pub struct Pool(ObjectSubclass<Slots>) @extends gst::BufferPool, gst::Object;
}

impl Pool {
    /// Of the slots of `ring`.
    pub fn of(ring: &Arc<Writer>) -> Self {
        let pool: Self = glib::Object::new();
        let fresh = pool.imp().ring.set(Arc::clone(ring));
        debug_assert!(fresh.is_ok());
        pool
    }
}

/// What is behind a [`Pool`].
#[derive(Default)]
pub struct Slots {
    ring: OnceLock<Arc<Writer>>,
}

#[glib::object_subclass]
impl ObjectSubclass for Slots {
    const NAME: &'static str = "UketsukeRingPool";
    type Type = Pool;
    type ParentType = gst::BufferPool;
}

impl ObjectImpl for Slots {}
impl GstObjectImpl for Slots {}

impl BufferPoolImpl for Slots {
    /// A slot of the ring, or memory of its own where somebody still holds all of them: the camera goes
    /// on, and what is in there is copied once a slot is free.
    fn alloc_buffer(
        &self,
        params: Option<&gst::BufferPoolAcquireParams>,
    ) -> Result<gst::Buffer, gst::FlowError> {
        match self.ring.get().and_then(|ring| ring.take()) {
            Some(slot) => Ok(gst::Buffer::from_mut_slice(slot)),
            None => self.parent_alloc_buffer(params),
        }
    }

    /// Whoever takes a buffer is going to write into it.
    fn acquire_buffer(
        &self,
        params: Option<&gst::BufferPoolAcquireParams>,
    ) -> Result<gst::Buffer, gst::FlowError> {
        let buffer = self.parent_acquire_buffer(params)?;
        if let Some(ring) = self.ring.get() {
            let slot = buffer
                .map_readable()
                .ok()
                .and_then(|map| ring.slot_of(&map));
            if let Some(slot) = slot {
                ring.begin(slot);
            }
        }
        Ok(buffer)
    }
}
