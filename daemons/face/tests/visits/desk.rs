// SPDX-License-Identifier: MIT OR Apache-2.0
//! The daemon on a bus of its own, with cameras that can be broken, a card daemon that is told what to say,
//! and an engine that does not look at pictures but waits for some.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use gstreamer as gst;
use gstreamer::prelude::*;
use tokio::sync::watch;
use uketsuke_bus::card1::CardError;
use uketsuke_bus::face1::{Camera, Face1Proxy};
use uketsuke_bus::secret::{self, SecretBytes};
use uketsuke_bus::view::Hint;
use uketsuke_bus::{CARD, CARD_PATH};
use uketsuke_face::app;
use uketsuke_face::cameras::Cameras;
use uketsuke_face::engine::{Doing, Engine, EngineError, Seen, Sight};
use uketsuke_face_capture::{Setup, Source};
use uketsuke_face_preview::{Colours, Shape};
use uketsuke_testkit::PrivateBus;
use zbus::proxy::CacheProperties;
use zbus::{Connection, OwnedFd, interface};

/// Nothing takes so long; a test that waited longer would wait for ever.
pub const SOON: Duration = Duration::from_secs(60);
/// 照合番号B of every card here.
pub const NUMBER: &[u8] = b"12345620301234";
/// A photo of one pixel.
pub const PHOTO: &[u8] = &[0, 1, 0, 1, 0x7F];

/// Waits, but not for ever.
pub async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(SOON, what).await.expect("in time")
}

/// A camera that gives bars, and can be pulled and plugged.
#[derive(Clone, Default)]
pub struct Wire {
    source: Arc<Mutex<Option<gst::Element>>>,
    pulled: Arc<AtomicBool>,
    opened: Arc<AtomicUsize>,
}

impl Wire {
    pub fn setup(&self, role: Camera, colours: Colours) -> Setup {
        let wire = self.clone();
        let shape = Shape {
            width: 160,
            height: 120,
            colours,
        };
        Setup::new(
            role,
            Source::Bench(Arc::new(move || wire.make())),
            shape,
            30,
        )
    }

    fn make(&self) -> gst::Element {
        let last = if self.pulled.load(Ordering::Relaxed) {
            1
        } else {
            -1
        };
        let source = gst::ElementFactory::make("videotestsrc")
            .property("is-live", true)
            .property("num-buffers", last)
            .build()
            .unwrap();
        *self.source.lock().unwrap() = Some(source.clone());
        self.opened.fetch_add(1, Ordering::Relaxed);
        source
    }

    pub fn pull(&self) {
        self.pulled.store(true, Ordering::Relaxed);
        let source = self.source.lock().unwrap().clone().unwrap();
        source.send_event(gst::event::Eos::new());
    }

    pub fn plug(&self) {
        self.pulled.store(false, Ordering::Relaxed);
    }

    /// How often it was opened.
    pub fn opened(&self) -> usize {
        self.opened.load(Ordering::Relaxed)
    }

    pub fn is_open(&self) -> bool {
        let source = self.source.lock().unwrap();
        source
            .as_ref()
            .is_some_and(|source| source.current_state() != gst::State::Null)
    }
}

/// What the engine is told to say.
#[derive(Clone, Debug)]
pub struct Says {
    pub number: bool,
    pub seen: Option<Seen>,
}

/// An engine that waits for pictures and then says what it is told. It is of tests alone.
pub struct Scripted {
    says: watch::Receiver<Says>,
    /// Photos it was handed.
    pub photos: Arc<AtomicUsize>,
}

impl Engine for Scripted {
    fn name(&self) -> &str {
        "scripted"
    }

    fn number<'a>(&'a self, mut front: Sight<'a>) -> Doing<'a, Option<SecretBytes>> {
        Box::pin(async move {
            let frame = front.frame().await?;
            assert_eq!(frame.shape().colours, Colours::Grey);
            let readable = self.says.borrow().number;
            Ok(readable.then(|| SecretBytes::new(NUMBER.to_vec())))
        })
    }

    fn compare<'a>(&'a self, photo: SecretBytes, mut face: Sight<'a>) -> Doing<'a, Seen> {
        Box::pin(async move {
            assert_eq!(photo.expose(), PHOTO);
            self.photos.fetch_add(1, Ordering::Relaxed);
            face.hint(Hint::Closer);
            for _ in 0..3 {
                let frame = face.frame().await?;
                assert!(frame.is_fresh());
            }
            let mut says = self.says.clone();
            let said = says.wait_for(|says| says.seen.is_some()).await;
            let said = said.map_err(|error| EngineError(error.to_string()))?;
            Ok(said.seen.unwrap())
        })
    }
}

/// A card daemon with one card.
#[derive(Clone, Default)]
pub struct Card {
    pub attested: Arc<AtomicUsize>,
    pub no_photo: Arc<AtomicBool>,
}

#[interface(name = "jp.uketsuke.Card1.Card")]
impl Card {
    async fn read_photo(&self, reference: OwnedFd) -> Result<OwnedFd, CardError> {
        let number = secret::take(reference.into(), 64).unwrap();
        assert_eq!(number.expose(), NUMBER);
        match self.no_photo.load(Ordering::Relaxed) {
            true => Err(CardError::NoPhoto("it has none".into())),
            false => Ok(secret::seal(PHOTO).unwrap().into()),
        }
    }

    async fn attest_match(&self) -> Result<(), CardError> {
        self.attested.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

pub struct Desk {
    pub bus: PrivateBus,
    pub face: Wire,
    pub front: Wire,
    pub card: Card,
    pub says: watch::Sender<Says>,
    pub photos: Arc<AtomicUsize>,
    pub client: Connection,
    _card: Connection,
}

impl Desk {
    /// Waits until the cameras that were tried out at the start are closed.
    pub async fn at_rest(&self) {
        soon(async {
            while self.face.is_open() || self.front.is_open() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        })
        .await;
    }

    /// With an engine, or without.
    pub async fn start(with_engine: bool) -> Self {
        let bus = PrivateBus::start();
        uketsuke_face_capture::init().unwrap();
        let (face, front, card) = (Wire::default(), Wire::default(), Card::default());
        let path = format!("{CARD_PATH}/card/1");
        let builder = bus.builder().serve_at(path.as_str(), card.clone());
        let served = builder.name(CARD).build().await.unwrap();
        let (says, said) = watch::channel(Says {
            number: true,
            seen: None,
        });
        let photos = Arc::new(AtomicUsize::new(0));
        let scripted = Scripted {
            says: said,
            photos: photos.clone(),
        };
        let engine: Option<Arc<dyn Engine>> = match with_engine {
            true => Some(Arc::new(scripted)),
            false => None,
        };
        let cameras = Cameras::new(
            face.setup(Camera::Face, Colours::Rgb),
            front.setup(Camera::CardFront, Colours::Grey),
        );
        let (ready, is_ready) = tokio::sync::oneshot::channel();
        let builder = bus.builder();
        tokio::spawn(async move {
            let ready = move || ready.send(()).unwrap();
            app::serve(builder, cameras, engine, None, ready, || {}).await
        });
        soon(is_ready).await.unwrap();
        let client = bus.connect().await;
        Self {
            bus,
            face,
            front,
            card,
            says,
            photos,
            client,
            _card: served,
        }
    }

    pub async fn proxy(&self) -> Face1Proxy<'static> {
        proxy(&self.client).await
    }
}

pub async fn proxy(client: &Connection) -> Face1Proxy<'static> {
    Face1Proxy::builder(client)
        .cache_properties(CacheProperties::No)
        .build()
        .await
        .unwrap()
}
