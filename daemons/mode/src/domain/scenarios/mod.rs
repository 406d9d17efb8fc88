// SPDX-License-Identifier: MIT OR Apache-2.0
//! Each path of the check-in by name, in simulated time.

mod besides;
mod card;
mod face;
mod held;
mod letters;
mod phone;
mod run;
mod time;
mod visit;
mod visual;

use std::sync::Arc;

use uketsuke_bus::card1::CardKind;
use uketsuke_bus::consent::{Categories, ConsentAnswer, ConsentGroup, Variant};
use uketsuke_bus::uplink1::Validity;
use uketsuke_bus::view::{Action, Form, Hop, View, ViewId};

use super::{
    CardFault, Certificate, Challenge, Earlier, Effect, Event, LinkFault, Millis, Name, Placed,
    Rules, SignFault, Signature, Slot, State, Tag, Verdict, details, step, view,
};

/// A desk in simulated time, with the requests that wait for an answer.
struct Desk {
    state: State,
    now: u64,
    rules: Rules,
    effects: Vec<Effect>,
}

impl Desk {
    fn new(rules: Rules) -> Self {
        Self {
            state: State::default(),
            now: 1_000,
            rules,
            effects: Vec::new(),
        }
    }

    fn does(&mut self, event: Event) -> ViewId {
        let (state, effects) = step(&self.state, event, Millis(self.now), &self.rules);
        self.state = state;
        self.effects = effects;
        self.sees().id
    }

    fn sees(&self) -> View {
        view(&self.state, &self.rules)
    }

    fn press(&mut self, action: Action) -> ViewId {
        let view = self.sees();
        assert!(
            view.choices.contains(&action),
            "{view:?} offers no {action:?}"
        );
        self.does(Event::Act(action))
    }

    /// Time passes, with a tick at every deadline on the way.
    fn wait(&mut self, seconds: u64) -> ViewId {
        let end = self.now + seconds * 1000;
        while let Some(at) = self.state.deadline().filter(|at| at.0 <= end) {
            self.now = at.0;
            self.does(Event::Tick);
        }
        self.now = end;
        self.sees().id
    }

    fn place(&mut self) -> ViewId {
        self.place_with(3)
    }

    fn place_with(&mut self, tries: u8) -> ViewId {
        self.does(Event::CardPlaced(Placed {
            slot: Slot::Card,
            kind: CardKind::Card,
            tries,
        }))
    }

    fn place_kind(&mut self, kind: CardKind) -> ViewId {
        self.does(Event::CardPlaced(Placed {
            slot: Slot::Card,
            kind,
            tries: 0,
        }))
    }

    fn tag(&self, wanted: impl Fn(&Effect) -> Option<Tag>) -> Tag {
        let tag = self.effects.iter().find_map(wanted);
        tag.unwrap_or_else(|| panic!("not asked for on {:?}", self.sees()))
    }

    /// Card placed; certificate and challenge arrive.
    fn identified(&mut self, card: u8) -> ViewId {
        assert_eq!(self.place(), ViewId::Method);
        let (read, asked) = (self.read_tag(), self.challenge_tag());
        self.does(Event::Certificate(read, Ok(certificate(card))));
        self.does(Event::Challenge(asked, Ok(challenge())))
    }

    fn read_tag(&self) -> Tag {
        self.tag(|e| match e {
            Effect::ReadCertificate(tag) => Some(*tag),
            _ => None,
        })
    }

    fn challenge_tag(&self) -> Tag {
        self.tag(|e| match e {
            Effect::Challenge(tag) => Some(*tag),
            _ => None,
        })
    }

    /// The digits are typed and the card is asked.
    fn signing(&mut self) -> Tag {
        assert_eq!(self.does(Event::PinEntered), ViewId::Wait);
        self.tag(|e| match e {
            Effect::Sign { tag, .. } => Some(*tag),
            _ => None,
        })
    }

    /// To the moment the centre is asked.
    fn checking(&mut self) -> Tag {
        self.identified(1);
        assert_eq!(self.press(Action::Pin), ViewId::Pin);
        let tag = self.signing();
        self.does(Event::Signed(tag, Ok(Arc::new(Signature(vec![1])))));
        self.check_in_tag()
    }

    fn check_in_tag(&self) -> Tag {
        self.tag(|e| match e {
            Effect::CheckIn { tag, .. } => Some(*tag),
            _ => None,
        })
    }

    fn answered(&mut self, verdict: Verdict) -> ViewId {
        let tag = self.checking();
        self.does(Event::CheckedIn(tag, Ok(verdict)))
    }

    /// The consents that went out, and whether they were carried over.
    fn sent(&self) -> (Tag, Vec<(ConsentGroup, bool)>, bool) {
        let sent = self.effects.iter().find_map(|e| match e {
            Effect::Complete {
                tag,
                given,
                carried_over,
                ..
            } => {
                let given = given.0.iter().map(|a| (a.group, a.agreed)).collect();
                Some((*tag, given, *carried_over))
            }
            _ => None,
        });
        sent.unwrap_or_else(|| panic!("no consents were sent on {:?}", self.sees()))
    }

    fn durable(&mut self) -> ViewId {
        let (tag, _, _) = self.sent();
        self.does(Event::Completed(tag, Ok(())))
    }

    fn abandons(&self) -> bool {
        self.effects.iter().any(|e| matches!(e, Effect::Abandon(_)))
    }
}

fn certificate(card: u8) -> Arc<Certificate> {
    Arc::new(Certificate::new(vec![card]))
}

fn challenge() -> Arc<Challenge> {
    Arc::new(Challenge {
        session: "s".into(),
        digest: [7; 32],
    })
}

fn valid() -> Verdict {
    Verdict {
        validity: Validity::Valid,
        certificate_expired: false,
        name: Some(Arc::new(Name("シカク イチロウ".into()))),
        earlier: None,
        letters: Arc::default(),
        expires: None,
    }
}

fn with_earlier(variant: Variant, groups: &[ConsentGroup]) -> Verdict {
    let answers = groups
        .iter()
        .map(|group| ConsentAnswer {
            group: *group,
            agreed: *group != ConsentGroup::Care,
        })
        .collect();
    Verdict {
        earlier: Some(Arc::new(Earlier {
            categories: Categories {
                variant,
                groups: groups.to_vec(),
            },
            answers,
        })),
        ..valid()
    }
}

const ALL: [ConsentGroup; 3] = [
    ConsentGroup::Surgery,
    ConsentGroup::Care,
    ConsentGroup::CheckUps,
];

fn desk() -> Desk {
    Desk::new(Rules::default())
}

fn facility(variant: Variant, groups: &[ConsentGroup]) -> Rules {
    Rules {
        categories: Arc::new(Categories {
            variant,
            groups: groups.to_vec(),
        }),
        ..Rules::default()
    }
}
