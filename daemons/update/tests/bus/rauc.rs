// SPDX-License-Identifier: MIT OR Apache-2.0
//! A RAUC that does what a test says: same bus name, interface, dictionaries and errors as RAUC
//! 1.15.2, no slots behind it. The real one is met in the machine tests.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

use uketsuke_testkit::PrivateBus;
use zbus::object_server::InterfaceRef;
use zbus::{Connection, OwnedVariant, Variant, interface};

/// glib's name for an error of RAUC.
#[derive(Debug, zbus::DBusError)]
#[zbus(prefix = "org.gtk.GDBus.UnmappedGError.Quark._g_2dio_2derror_2dquark")]
pub enum RaucError {
    #[zbus(error)]
    ZBus(zbus::Error),
    Code30(String),
}

/// What a bundle's manifest says.
#[derive(Clone)]
pub struct Bundle {
    pub compatible: &'static str,
    pub version: String,
    pub format: &'static str,
    pub classes: Vec<&'static str>,
    pub hook: bool,
    pub hash: String,
}

impl Bundle {
    pub fn of(version: &str) -> Self {
        Self {
            compatible: COMPATIBLE,
            version: version.into(),
            format: "verity",
            classes: vec!["rootfs", "verity", "efi"],
            hook: false,
            hash: "5d".repeat(32),
        }
    }
}

pub const COMPATIBLE: &str = "uketsuke-reference-x86-64";

/// What the test wants, and what was asked.
pub struct Script {
    pub boot_slot: &'static str,
    pub bundle: Result<Bundle, String>,
    pub refuse_install: Option<String>,
    pub refuse_mark: Option<String>,
    /// Calls of `Mark` are answered only when this is false.
    pub hold_mark: bool,
    pub hold_inspect: bool,
    pub operation: String,
    pub last_error: String,
    pub progress: (i32, String, i32),
    /// Job that wrote every slot of the other group.
    pub written: Option<String>,
    /// `Inspect source`, `Install source`, `Mark state slot`.
    pub calls: Vec<String>,
    /// Arguments of each installation, by name.
    pub arguments: Vec<HashMap<String, String>>,
}

pub type Shared = Arc<Mutex<Script>>;

struct Installer(Shared);

fn script(shared: &Shared) -> MutexGuard<'_, Script> {
    shared.lock().unwrap()
}

fn owned<'a>(value: impl Into<Variant<'a>>) -> OwnedVariant {
    value.into().try_into_owned().unwrap()
}

/// RAUC puts a variant around each nested dictionary, inside the one of the outer dictionary.
fn nested<'a>(value: impl Into<Variant<'a>>) -> OwnedVariant {
    owned(Variant::Variant(Box::new(value.into())))
}

fn texts(arguments: &HashMap<String, OwnedVariant>) -> HashMap<String, String> {
    let text = |value: &OwnedVariant| match &**value {
        Variant::Str(text) => text.to_string(),
        other => format!("{other:?}"),
    };
    let pairs = arguments
        .iter()
        .map(|(key, value)| (key.clone(), text(value)));
    pairs.collect()
}

async fn while_held(shared: &Shared, held: impl Fn(&Script) -> bool) {
    while held(&script(shared)) {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}

#[interface(name = "de.pengutronix.rauc.Installer")]
impl Installer {
    async fn inspect_bundle(
        &self,
        source: String,
        args: HashMap<String, OwnedVariant>,
    ) -> Result<HashMap<String, OwnedVariant>, RaucError> {
        assert!(args.is_empty(), "{args:?}");
        script(&self.0).calls.push(format!("Inspect {source}"));
        while_held(&self.0, |s| s.hold_inspect).await;
        let bundle = script(&self.0).bundle.clone().map_err(RaucError::Code30)?;
        let dict = |entries: Vec<(&str, &str)>| -> HashMap<String, Variant<'static>> {
            let pairs = entries.into_iter();
            let pairs = pairs.map(|(k, v)| (k.to_owned(), Variant::from(v.to_owned())));
            pairs.collect()
        };
        let images: Vec<HashMap<String, Variant<'static>>> = bundle
            .classes
            .iter()
            .map(|class| {
                let mut image = dict(vec![("slot-class", class), ("type", "raw")]);
                let hooks: Vec<&str> = bundle.hook.then_some("post-install").into_iter().collect();
                image.insert("hooks".into(), Variant::from(hooks));
                image
            })
            .collect();
        let update = dict(vec![
            ("compatible", bundle.compatible),
            ("version", &bundle.version),
        ]);
        Ok(HashMap::from([
            ("manifest-hash".to_owned(), owned(bundle.hash.as_str())),
            ("update".to_owned(), nested(update)),
            (
                "bundle".to_owned(),
                nested(dict(vec![("format", bundle.format)])),
            ),
            ("images".to_owned(), nested(images)),
        ]))
    }

    fn install_bundle(
        &self,
        source: String,
        args: HashMap<String, OwnedVariant>,
    ) -> Result<(), RaucError> {
        let mut script = script(&self.0);
        script.calls.push(format!("Install {source}"));
        script.arguments.push(texts(&args));
        if let Some(text) = script.refuse_install.clone() {
            return Err(RaucError::Code30(text));
        }
        script.operation = "installing".into();
        script.written = None;
        Ok(())
    }

    async fn mark(&self, state: String, slot: String) -> Result<(String, String), RaucError> {
        script(&self.0).calls.push(format!("Mark {state} {slot}"));
        while_held(&self.0, |s| s.hold_mark).await;
        match script(&self.0).refuse_mark.clone() {
            Some(text) => Err(RaucError::Code30(text)),
            None => Ok(("efi.0".into(), format!("marked as {state}"))),
        }
    }

    fn get_slot_status(&self) -> Vec<(String, HashMap<String, OwnedVariant>)> {
        let script = script(&self.0);
        let number = if script.boot_slot == "system0" { 1 } else { 0 };
        let slot = |class: &str| {
            let mut status = HashMap::from([("class".to_owned(), owned(class))]);
            if let Some(job) = &script.written {
                status.insert("status".into(), owned("ok"));
                status.insert("installed.transaction".into(), owned(job.as_str()));
            }
            (format!("{class}.{number}"), status)
        };
        ["efi", "rootfs", "verity"].map(slot).to_vec()
    }

    #[zbus(signal)]
    async fn completed(
        emitter: &zbus::object_server::SignalEmitter<'_>,
        result: i32,
    ) -> zbus::Result<()>;

    #[zbus(property)]
    fn operation(&self) -> String {
        script(&self.0).operation.clone()
    }

    #[zbus(property)]
    fn last_error(&self) -> String {
        script(&self.0).last_error.clone()
    }

    #[zbus(property)]
    fn progress(&self) -> (i32, String, i32) {
        script(&self.0).progress.clone()
    }

    #[zbus(property)]
    fn compatible(&self) -> String {
        COMPATIBLE.into()
    }

    #[zbus(property)]
    fn boot_slot(&self) -> String {
        script(&self.0).boot_slot.into()
    }
}

/// The running fake.
pub struct Rauc {
    pub script: Shared,
    connection: Option<Connection>,
}

impl Rauc {
    pub fn new() -> Self {
        let script = Script {
            boot_slot: "system0",
            bundle: Ok(Bundle::of("1.1.0")),
            refuse_install: None,
            refuse_mark: None,
            hold_mark: false,
            hold_inspect: false,
            operation: "idle".into(),
            last_error: String::new(),
            progress: (0, String::new(), 0),
            written: None,
            calls: Vec::new(),
            arguments: Vec::new(),
        };
        Self {
            script: Arc::new(Mutex::new(script)),
            connection: None,
        }
    }

    pub async fn arrive(&mut self, bus: &PrivateBus) {
        let builder = bus.builder().serve_at("/", Installer(self.script.clone()));
        let connection = builder.build().await.unwrap();
        connection
            .request_name("de.pengutronix.rauc")
            .await
            .unwrap();
        self.connection = Some(connection);
    }

    /// Leaves the bus; what it was doing is over.
    pub async fn leave(&mut self) {
        self.set().operation = "idle".into();
        let connection = self.connection.take().unwrap();
        connection.close().await.unwrap();
    }

    pub fn set(&self) -> MutexGuard<'_, Script> {
        script(&self.script)
    }

    pub fn calls(&self) -> Vec<String> {
        std::mem::take(&mut self.set().calls)
    }

    async fn object(&self) -> InterfaceRef<Installer> {
        let connection = self.connection.as_ref().unwrap();
        connection.object_server().interface("/").await.unwrap()
    }

    pub async fn progress(&self, percent: i32, phase: &str) {
        self.set().progress = (percent, phase.into(), 1);
        let object = self.object().await;
        let served = object.get().await;
        served
            .progress_changed(object.signal_emitter())
            .await
            .unwrap();
    }

    /// The installation ends; `error` is what went wrong, if anything.
    pub async fn finish(&self, error: Option<&str>) {
        {
            let mut script = self.set();
            script.operation = "idle".into();
            script.last_error = error.unwrap_or_default().into();
            if error.is_none() {
                let job = script.arguments.last().unwrap()["transaction-id"].clone();
                script.written = Some(job);
            }
        }
        let object = self.object().await;
        let result = i32::from(error.is_some());
        Installer::completed(object.signal_emitter(), result)
            .await
            .unwrap();
    }
}
