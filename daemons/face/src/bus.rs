// SPDX-License-Identifier: MIT OR Apache-2.0
//! The served object. It decides nothing: calls go to [`Visits`].

use std::sync::Arc;

use tokio::sync::watch;
use uketsuke_bus::face1::{CameraFault, CameraState, FaceError, FaceVerdict};
use uketsuke_bus::view::Hint;
use zbus::message::Header;
use zbus::object_server::SignalEmitter;
use zbus::{Connection, OwnedFd, OwnedObjectPath, interface};

use crate::visit::Visits;

/// `jp.uketsuke.Face1`.
pub struct Face1(pub Arc<Visits>);

#[interface(name = "jp.uketsuke.Face1")]
impl Face1 {
    /// Compares whoever stands before the reader with the photo of this card (an object of
    /// `jp.uketsuke.Card1`), once, and says what came of it. While it lasts `Hint` says what would help.
    ///
    /// Errors: `Gone`, `Busy`, `NotThisKind`, `NoCamera`, `NoEngine`, `TooOften`, `Closed`, `Internal`.
    async fn verify(
        &self,
        card: OwnedObjectPath,
        #[zbus(header)] call: Header<'_>,
        #[zbus(connection)] connection: &Connection,
        #[zbus(signal_emitter)] emitter: SignalEmitter<'_>,
    ) -> Result<FaceVerdict, FaceError> {
        let (tell, mut told) = watch::channel(None::<Hint>);
        let saying = async {
            while told.changed().await.is_ok() {
                let hint = *told.borrow_and_update();
                if let Some(hint) = hint
                    && let Err(error) = Self::hint(&emitter, hint.as_str()).await
                {
                    tracing::warn!(%error, "a hint is not told");
                }
            }
            // The verdict is on its way.
            std::future::pending().await
        };
        let caller = call.sender().cloned();
        tokio::select! {
            verdict = self.0.verify(card, connection, caller, tell) => verdict,
            never = saying => never,
        }
    }

    /// Ends a comparison that is under way, and drops whatever was seen. Where there is none it does
    /// nothing.
    fn close(&self) -> Result<(), FaceError> {
        self.0.close();
        Ok(())
    }

    /// What the camera for faces sees, for as long as this comparison lasts: a ring of pictures in shared
    /// memory that can only be looked at, and that is overwritten at the end (`uketsuke-face-preview` has
    /// its form). Waits a moment for a comparison that is about to begin.
    ///
    /// Errors: `Closed`, `Internal`.
    async fn preview(&self) -> Result<OwnedFd, FaceError> {
        self.0.preview().await.map(OwnedFd::from)
    }

    /// Who compares, in a word; empty where nobody does, and then no face need be offered.
    #[zbus(property(emits_changed_signal = "const"))]
    fn engine(&self) -> String {
        self.0.engine().to_owned()
    }

    /// What is wrong with each camera (`face`, `card-front`) of which anything is known to be wrong, in a
    /// word: `absent`, `foreign`, `ambiguous`, `refused`, `wrong-format`, `ended`, `stalled`, `garbage`,
    /// `frozen`; `covered` and `dark` are told of cameras that work.
    #[zbus(property)]
    fn faults(&self) -> Vec<CameraFault> {
        self.0.cameras().faults()
    }

    /// Each camera (`face`, `card-front`) and whether it works.
    #[zbus(property)]
    fn cameras(&self) -> Vec<CameraState> {
        self.0.cameras().states()
    }

    /// What whoever stands there could do, by the wire name of a `Hint`; said when it changes.
    #[zbus(signal)]
    async fn hint(emitter: &SignalEmitter<'_>, hint: &str) -> zbus::Result<()>;
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use uketsuke_bus::contract::assert_contract;
    use uketsuke_bus::face1::Camera;
    use uketsuke_face_capture::{Setup, Source};
    use uketsuke_face_preview::{Colours, Shape};
    use zbus::object_server::Interface;

    use crate::cameras::Cameras;

    #[test]
    fn served_interface_is_the_committed_contract() {
        let shape = Shape {
            width: 640,
            height: 480,
            colours: Colours::Grey,
        };
        let setup = |role| Setup::new(role, Source::Device(Default::default()), shape, 30);
        let cameras = Cameras::new(setup(Camera::Face), setup(Camera::CardFront));
        let face = Face1(Arc::new(Visits::new(None, cameras)));
        let mut served = String::new();
        face.introspect_to_writer(&mut served, 0);
        assert_contract("jp.uketsuke.Face1.xml", &served);
    }
}
