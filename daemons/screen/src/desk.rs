// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the screen does with views and fingers: events in, effects out, time from outside.
//!
//! ```text
//!  finger down on a button ──► lit ──up on the same button──► act
//!                               │ ▲
//!                          moves off, back            a new view ends every touch
//! ```
//!
//! Who does not touch presses keys ([`Desk::key`]).
//!
//! An [`Overlay`] opens and closes by touch alone and is no business of the mode manager. It closes
//! by itself when the view becomes another one, for then something has happened that must be seen,
//! and when it is left alone. It stays while the view only says more of the same (the time-out
//! warning comes, a hop fails): the overlay shows that as well, with the button for more time.

pub mod live;
mod looks;
mod ring;
mod speak;
mod usual;

use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use uketsuke_bus::mode1::{Details, View, ViewId};
use uketsuke_bus::screen1::{Contrast, Ease, Language, Layout, Text};
use uketsuke_face_preview::Reader;

use crate::mirror::Mirror;
use crate::output::{Phase, Touch};
use crate::pad::Pad;
use crate::speech::Speech;
use crate::ui::geometry::Rect;
use crate::ui::layout::Panel;
use crate::ui::node::{
    CONTRAST_ACTION, DIGIT_ACTION, EASE_ACTION, ERASE_ACTION, LANGUAGE_ACTION, LANGUAGES_ACTION,
    LAYOUT_ACTION, SCREEN_ACTION, Scale, TEXT_ACTION,
};
use crate::ui::paint::Touched;
use crate::ui::scene::Scene;
use crate::views::Overlay;
use crate::{FACES, shuffle, views};
use looks::{Looks, only_warned};
pub use usual::Usual;

/// A language, a text size, colours or a layout chosen on the idle view and then left alone go back
/// after this time, so that the next patient meets the usual ones.
pub const LANGUAGE_IDLE: Duration = Duration::from_secs(60);

/// An overlay without a touch closes after this time: the next patient meets the view.
pub const OVERLAY_IDLE: Duration = Duration::from_secs(60);

/// A touch in the place of the button that closed an overlay is still meant for that button. What
/// lies there now may be a consent. Half a second is the longest double click that desktops take.
pub const SETTLE: Duration = Duration::from_millis(500);

/// What happens to the screen.
pub enum Event {
    /// The mode manager says what to show, with the personal part; `None`: it is not there.
    View(Option<View>, Details),
    /// The PIN could not be handed over; the patient may type again.
    PinRefused,
    /// Somebody set the language over the bus.
    Language(Language),
    /// Whether a keypad is plugged.
    Keypad(bool),
    /// What a new patient meets is another now.
    Usual(Box<Usual>),
    /// What the camera for faces sees can be shown, for as long as the view is about a face.
    Mirror(Reader),
}

/// What the screen asks of others.
pub enum Effect {
    /// Something was pressed on the view with this number.
    Act(u64, String),
    /// Four digits were typed on the view with this number.
    EnterPin(u64, OwnedFd),
    /// The language is another one now.
    Language(Language),
    /// Another language is the usual one now, and others can be chosen.
    Usual(Language, Vec<Language>),
}

/// How the desk is set up.
#[derive(Clone)]
pub struct Setup {
    /// What the facility sets.
    pub usual: Usual,
    /// The glass as the person sees it.
    pub panel: Panel,
    /// The same in millimetres.
    pub size: views::Panel,
}

/// The state of the screen.
pub struct Desk {
    setup: Setup,
    /// What the facility has set meanwhile, for the next patient.
    next: Option<Usual>,
    scene: Scene,
    view: Option<View>,
    details: Details,
    language: Language,
    overlay: Option<(Overlay, Instant)>,
    closed: Option<(Rect, Instant)>,
    ease: Ease,
    /// The scale at which the view was found to fit; digits that come and go do not change it.
    fitted: Option<Scale>,
    /// Since when something that the next patient must not meet stands on the idle view untouched.
    chosen_since: Option<Instant>,
    pad: Pad,
    order: shuffle::Order,
    /// How often a pad was put up anew.
    pads: u32,
    speech: Speech,
    finger: Option<usize>,
    /// Action of what the ring of the keypad lies round.
    focus: Option<String>,
    keypad: bool,
    mirror: Option<(Mirror, Instant)>,
    last_act: Option<(String, Instant)>,
    damage: Vec<Rect>,
    changed: bool,
}

impl Desk {
    /// A screen that shows that the mode manager is not there yet.
    pub fn new(setup: Setup) -> Self {
        let scene = Scene::new(setup.panel, FACES);
        let (language, ease) = (setup.usual.language, setup.usual.ease);
        let speech = Speech::new(setup.usual.voice, setup.usual.chimes);
        let mut desk = Self {
            setup,
            next: None,
            scene,
            view: None,
            details: Details::default(),
            language,
            overlay: None,
            closed: None,
            ease,
            fitted: None,
            chosen_since: None,
            pad: Pad::default(),
            order: shuffle::USUAL,
            pads: 0,
            speech,
            finger: None,
            focus: None,
            keypad: false,
            mirror: None,
            last_act: None,
            damage: Vec::new(),
            changed: true,
        };
        desk.render();
        desk
    }

    /// The picture and what is read.
    pub fn scene(&self) -> &Scene {
        &self.scene
    }

    /// Id of the view, `starting` while there is none.
    pub fn view_id(&self) -> &'static str {
        self.view
            .as_ref()
            .map_or("starting", |view| view.id.as_str())
    }

    /// Number of the view, 0 while there is none.
    pub fn view_number(&self) -> u64 {
        self.view.as_ref().map_or(0, |view| view.number)
    }

    /// The language of the texts.
    pub fn language(&self) -> Language {
        self.language
    }

    /// What stands over the view.
    pub fn overlay(&self) -> Option<Overlay> {
        self.overlay.map(|(overlay, _)| overlay)
    }

    /// Text size, colours and layout, as they were asked for.
    pub fn ease(&self) -> Ease {
        self.ease
    }

    /// Draws the whole picture anew.
    pub fn repaint_all(&mut self) -> usize {
        let damage = self.scene.repaint_all();
        let count = damage.len();
        self.damage.extend_from_slice(damage);
        self.changed = true;
        count
    }

    /// What is to be shown: the damage since the last call, `None` when nothing changed at all.
    pub fn take_damage(&mut self) -> Option<Vec<Rect>> {
        std::mem::take(&mut self.changed).then(|| std::mem::take(&mut self.damage))
    }

    /// When [`Self::tick`] is due.
    pub fn deadline(&self) -> Option<Instant> {
        let chosen = self.chosen_since.map(|since| since + LANGUAGE_IDLE);
        let overlay = self.overlay.map(|(_, since)| since + OVERLAY_IDLE);
        let mirror = self.mirror.as_ref().map(|(_, at)| *at);
        let due = [self.pad.deadline(), chosen, overlay, mirror];
        due.into_iter().flatten().min()
    }

    /// Something happened elsewhere.
    pub fn event(&mut self, event: Event, now: Instant) -> Option<Effect> {
        let effect = match event {
            Event::View(view, details) => self.follow(view, details, now),
            Event::PinRefused => {
                self.pad.clear();
                self.render();
                None
            }
            Event::Language(language) => {
                self.set_language(language, now);
                None
            }
            Event::Mirror(reader) => {
                self.put_up(reader, now);
                None
            }
            Event::Keypad(keypad) => {
                self.keypad = keypad;
                None
            }
            Event::Usual(usual) => {
                self.next = Some(*usual);
                None
            }
        };
        // It says the language as well, and after what went before.
        self.take_up().or(effect)
    }

    /// Time has passed.
    pub fn tick(&mut self, now: Instant) -> Option<Effect> {
        self.look_into_mirror(now);
        if self.pad.deadline().is_some_and(|at| at <= now) {
            self.pad.clear();
            self.render();
        }
        if self
            .overlay
            .is_some_and(|(_, since)| since + OVERLAY_IDLE <= now)
        {
            self.put_over(None, now);
        }
        if self
            .chosen_since
            .is_some_and(|since| since + LANGUAGE_IDLE <= now)
        {
            let effect = self.reset();
            return self.take_up().or(effect);
        }
        self.take_up()
    }

    /// A finger, in pixels of the picture.
    pub fn touch(&mut self, touch: Touch, now: Instant) -> Option<Effect> {
        self.somebody_is_there(now);
        match touch.phase {
            Phase::Down => {
                self.finger = self
                    .scene
                    .hit(touch.x, touch.y)
                    .filter(|index| !self.is_repeat(*index, now) && !self.is_settling(touch, now));
                self.light(self.finger);
                None
            }
            Phase::Move => {
                let over = self.scene.hit(touch.x, touch.y);
                self.light(self.finger.filter(|index| over == Some(*index)));
                None
            }
            Phase::Up => {
                let over = self.scene.hit(touch.x, touch.y);
                let pressed = self.finger.take().filter(|index| over == Some(*index));
                self.light(None);
                let pressed = pressed?;
                let action = self.scene.action(pressed)?.to_owned();
                let place = self.scene.laid().get(pressed).map(|laid| laid.rect);
                self.last_act = Some((action.clone(), now));
                let was_over = self.overlay.is_some();
                let effect = self.act(action, now);
                if was_over && self.overlay.is_none() {
                    self.closed = place.map(|place| (place, now));
                }
                effect
            }
        }
    }

    /// What was chosen on the idle view stays a while longer.
    fn somebody_is_there(&mut self, now: Instant) {
        if self.chosen_since.is_some() {
            self.chosen_since = Some(now);
        }
        if let Some((_, since)) = &mut self.overlay {
            *since = now;
        }
    }

    /// Trembling hands touch twice: the same key again at once is the same press. The screen's own
    /// buttons count as one, for the second touch of a switch meets the way back.
    fn is_repeat(&self, index: usize, now: Instant) -> bool {
        let Some(action) = self.scene.action(index) else {
            return false;
        };
        self.last_act.as_ref().is_some_and(|(last, at)| {
            let own = action.starts_with(SCREEN_ACTION) && last.starts_with(SCREEN_ACTION);
            (own || last == action)
                && now.saturating_duration_since(*at) < self.setup.usual.same_key
        })
    }

    /// The second half of a double touch on what closed an overlay.
    fn is_settling(&self, touch: Touch, now: Instant) -> bool {
        self.closed.is_some_and(|(place, at)| {
            place.has(touch.x, touch.y) && now.saturating_duration_since(at) < SETTLE
        })
    }

    fn light(&mut self, node: Option<usize>) {
        let touched = node.map_or(Touched::Nothing, |index| self.scene.touched_by(index));
        let damage = self.scene.touch(touched);
        if !damage.is_empty() {
            self.damage.extend_from_slice(damage);
            self.changed = true;
        }
    }

    fn act(&mut self, action: String, now: Instant) -> Option<Effect> {
        if let Some(name) = action.strip_prefix(LANGUAGE_ACTION) {
            let mut offered = self.setup.usual.languages.iter().copied();
            let language = offered.find(|language| language.as_str() == name)?;
            if language == self.language {
                self.put_over(None, now);
                return None;
            }
            self.overlay = None;
            self.set_language(language, now);
            return Some(Effect::Language(language));
        }
        if action.starts_with(SCREEN_ACTION) {
            self.own(&action, now);
            return None;
        }
        let number = self.view_number();
        if let Some(digit) = action.strip_prefix(DIGIT_ACTION) {
            let sealed = self.pad.push(digit.parse().ok()?, now);
            let effect = match sealed {
                Ok(fd) => fd.map(|fd| Effect::EnterPin(number, fd)),
                Err(error) => {
                    tracing::error!(%error, "the digits cannot be handed over");
                    None
                }
            };
            self.render();
            return effect;
        }
        if action == ERASE_ACTION {
            self.pad.erase(now);
            self.render();
            return None;
        }
        Some(Effect::Act(number, action))
    }

    fn follow(&mut self, view: Option<View>, details: Details, now: Instant) -> Option<Effect> {
        if view == self.view && details == self.details {
            return None;
        }
        let idle = |view: &Option<View>| view.as_ref().is_some_and(|v| v.id == ViewId::Idle);
        let back_to_idle = idle(&view) && !idle(&self.view);
        if !only_warned(self.view.as_ref(), view.as_ref()) {
            self.pad.clear();
            // The keys of a keypad have their places.
            let shuffled = self.setup.usual.shuffle_pad && !self.keypad;
            if view.as_ref().is_some_and(|v| v.pad == Some(true)) {
                self.pads = self.pads.wrapping_add(1);
                self.order = if shuffled {
                    shuffle::shuffled()
                } else {
                    shuffle::USUAL
                };
            }
        }
        self.take_down_unless(view.as_ref());
        let was_personal = self.details != Details::default();
        let id = |view: &Option<View>| view.as_ref().map(|v| v.id);
        if id(&view) != id(&self.view) {
            self.overlay = None;
            self.focus = None;
        }
        self.details.wipe();
        self.details = details;
        self.view = view;
        self.finger = None;
        self.fitted = None;
        // Idle and starting again as usual; on the way through what was chosen stays.
        let effect = if back_to_idle { self.reset() } else { None };
        self.watch_idle(now);
        self.render();
        if was_personal {
            self.scene.forget();
        }
        effect
    }

    fn put_over(&mut self, overlay: Option<Overlay>, now: Instant) {
        self.overlay = overlay.map(|overlay| (overlay, now));
        self.focus = None;
        self.fitted = None;
        self.render();
    }

    fn set_language(&mut self, language: Language, now: Instant) {
        if self.language != language {
            self.language = language;
            self.fitted = None;
            self.render();
        }
        self.watch_idle(now);
    }

    /// One of the screen's own buttons but those of the single languages.
    fn own(&mut self, action: &str, now: Instant) {
        let named = |prefix: &str| action.strip_prefix(prefix);
        if let Some(name) = named(LAYOUT_ACTION) {
            let known = Layout::ALL.into_iter().find(|l| l.as_str() == name);
            self.ease.layout = known.unwrap_or(self.ease.layout);
        } else if let Some(name) = named(TEXT_ACTION) {
            let known = Text::ALL.into_iter().find(|t| t.as_str() == name);
            self.ease.text = known.unwrap_or(self.ease.text);
        } else if let Some(name) = named(CONTRAST_ACTION) {
            let known = Contrast::ALL.into_iter().find(|c| c.as_str() == name);
            self.ease.contrast = known.unwrap_or(self.ease.contrast);
        } else {
            let asked = match action {
                LANGUAGES_ACTION => Some(Overlay::Languages),
                EASE_ACTION => Some(Overlay::Ease),
                _ => None,
            };
            // The button that opened it closes it.
            self.put_over(asked.filter(|asked| self.overlay() != Some(*asked)), now);
            return;
        }
        self.fitted = None;
        self.watch_idle(now);
        self.render();
    }

    /// The view as it is to be shown or, in another language, said.
    fn looks(&self) -> Looks {
        Looks {
            overlay: self.overlay(),
            language: self.language,
            pin_digits: self.pad.shown(),
            pad_order: self.order,
            ease: self.ease,
            scale: self.fitted.unwrap_or_else(|| views::wanted(self.ease)),
        }
    }

    fn render(&mut self) {
        let looks = self.looks();
        let model = looks.model(&self.setup, self.view.as_ref(), &self.details);
        self.scene.set_palette(views::palette(self.ease));
        let view = views::fitting(&mut self.scene, &model);
        self.fitted = Some(view.style.scale);
        let damage = self.scene.show(view);
        self.damage.extend_from_slice(damage);
        self.finger = None;
        self.changed = true;
        self.draw_ring();
    }
}
