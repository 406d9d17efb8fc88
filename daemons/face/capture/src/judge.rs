// SPDX-License-Identifier: MIT OR Apache-2.0
//! What follows from the pictures of a camera, one after the other. Pure: time is the pictures' own.
//!
//! A fault is named once it has lasted, and is over after [`GOOD`] good pictures: one bad picture is no
//! fault, and one good one no cure.

use std::time::Duration;

use crate::fault::Fault;
use crate::look::Look;

/// The same picture for so long is a stream that stands still: a sensor has noise.
pub const FROZEN: Duration = Duration::from_millis(1000);
/// So long without light, structure or sense.
pub const LASTING: Duration = Duration::from_millis(400);
/// Fewest pictures in such a time: a camera that gives few must not be judged by one.
const FEWEST: u32 = 3;
/// Good pictures in a row that end a fault.
pub const GOOD: u32 = 3;

/// Pictures in a row after which another light is told.
const TURNED: u32 = 8;

/// Mean brightness below which nobody can be recognised.
const DARK: f32 = 28.0;
/// Below this, and without any structure, there is no light at all.
const BLACK: f32 = 20.0;
/// Least spread of a picture that shows anything.
const STRUCTURE: f32 = 3.0;
/// From this roughness on it is noise, where it is also loud.
const NOISE: f32 = 0.8;
/// Spread of noise: a dark picture's own noise is rough too, and quiet.
const LOUD: f32 = 40.0;
/// Light from behind: so much lighter around than where the face is, and the face itself darker than this.
const BACKLIT: (f32, f32) = (90.0, 90.0);

/// How the face is lit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Light {
    /// Well enough.
    #[default]
    Good,
    /// Too little.
    Dark,
    /// From behind.
    Behind,
}

/// What holds after a picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// What is wrong.
    pub fault: Option<Fault>,
    /// How the face is lit.
    pub light: Light,
}

/// What has been seen so far.
#[derive(Debug, Default)]
pub struct Judge {
    print: Option<u64>,
    suspect: Option<Suspect>,
    named: Option<Fault>,
    good: u32,
    light: Light,
    /// Another light, and in how many pictures.
    turning: (Light, u32),
}

#[derive(Debug)]
struct Suspect {
    fault: Fault,
    since: Duration,
    pictures: u32,
}

impl Judge {
    /// One more picture, at `at` of the pipeline's time; none where it was none.
    pub fn see(&mut self, look: Option<&Look>, at: Duration) -> Verdict {
        let again = look.is_some_and(|look| self.print.replace(look.print) == Some(look.print));
        match look.map_or(Some(Fault::Garbage), |look| wrong(look, again)) {
            Some(fault) => self.suspect(fault, at),
            None => self.cleared(),
        }
        Verdict {
            fault: self.named,
            light: self.lit(look.map_or(self.light, light)),
        }
    }

    /// A light that holds for some pictures is the light: words that flicker help nobody.
    fn lit(&mut self, now: Light) -> Light {
        match &mut self.turning {
            _ if now == self.light => self.turning = (now, 0),
            (to, pictures) if *to == now => *pictures += 1,
            turning => *turning = (now, 1),
        }
        if self.turning.1 >= TURNED {
            self.light = now;
        }
        self.light
    }

    fn suspect(&mut self, fault: Fault, at: Duration) {
        self.good = 0;
        let suspect = match &mut self.suspect {
            Some(suspect) if suspect.fault == fault => suspect,
            other => other.insert(Suspect {
                fault,
                since: at,
                pictures: 0,
            }),
        };
        suspect.pictures += 1;
        let long = if fault == Fault::Frozen {
            FROZEN
        } else {
            LASTING
        };
        if suspect.pictures >= FEWEST && at.saturating_sub(suspect.since) >= long {
            self.named = Some(fault);
        }
    }

    fn cleared(&mut self) {
        self.suspect = None;
        self.good = self.good.saturating_add(1);
        if self.good >= GOOD {
            self.named = None;
        }
    }
}

/// What is wrong with one picture; `again`: it is the one before it.
fn wrong(look: &Look, again: bool) -> Option<Fault> {
    if look.roughness > NOISE && look.spread > LOUD {
        return Some(Fault::Garbage);
    }
    if look.mean < BLACK && look.spread < STRUCTURE {
        return Some(Fault::Covered);
    }
    if again {
        return Some(Fault::Frozen);
    }
    (look.mean < DARK).then_some(Fault::Dark)
}

fn light(look: &Look) -> Light {
    let (difference, darkest) = BACKLIT;
    if look.face < darkest && look.around - look.face > difference {
        Light::Behind
    } else if look.face < DARK {
        Light::Dark
    } else {
        Light::Good
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 30 pictures a second.
    const PACE: Duration = Duration::from_millis(33);

    fn good(print: u64) -> Look {
        Look {
            mean: 120.0,
            face: 120.0,
            around: 120.0,
            spread: 40.0,
            roughness: 0.2,
            print,
        }
    }

    /// What a camera shows as its picture of this number.
    type Shown = fn(u64) -> Option<Look>;

    /// What is named, and after how long.
    fn named(look: impl Fn(u64) -> Option<Look>) -> (Option<Fault>, Duration) {
        let mut judge = Judge::default();
        let mut at = Duration::ZERO;
        for number in 0..60 {
            let verdict = judge.see(look(number).as_ref(), at);
            if verdict.fault.is_some() {
                return (verdict.fault, at);
            }
            at += PACE;
        }
        (None, at)
    }

    #[test]
    fn each_fault_of_a_picture_is_named_within_two_seconds() {
        let cases: [(Option<Fault>, Shown); 6] = [
            (None, |n| Some(good(n))),
            (Some(Fault::Frozen), |_| Some(good(1))),
            (Some(Fault::Garbage), |_| None),
            (Some(Fault::Garbage), |n| {
                Some(Look {
                    roughness: 1.0,
                    spread: 70.0,
                    ..good(n)
                })
            }),
            (Some(Fault::Covered), |_| {
                Some(Look {
                    mean: 4.0,
                    spread: 1.0,
                    ..good(1)
                })
            }),
            (Some(Fault::Dark), |n| {
                Some(Look {
                    mean: 22.0,
                    spread: 9.0,
                    roughness: 0.9,
                    ..good(n)
                })
            }),
        ];
        for (fault, look) in cases {
            let (found, after) = named(look);
            assert_eq!(found, fault);
            assert!(
                found.is_none() || after < Duration::from_secs(2),
                "{after:?}"
            );
        }
    }

    #[test]
    fn one_bad_picture_is_no_fault_and_one_good_one_no_cure() {
        let mut judge = Judge::default();
        let mut at = Duration::ZERO;
        let mut see = |look: Option<Look>| {
            at += Duration::from_millis(300);
            judge.see(look.as_ref(), at).fault
        };
        assert_eq!(see(None), None);
        assert_eq!(see(None), None);
        assert_eq!(see(Some(good(1))), None);
        for _ in 0..2 {
            assert_eq!(see(None), None);
        }
        assert_eq!(see(None), Some(Fault::Garbage));
        assert_eq!(see(Some(good(2))), Some(Fault::Garbage));
        assert_eq!(see(None), Some(Fault::Garbage));
        for print in 3..5 {
            assert_eq!(see(Some(good(print))), Some(Fault::Garbage));
        }
        assert_eq!(see(Some(good(5))), None);
    }

    #[test]
    fn a_light_is_told_once_it_holds() {
        let mut judge = Judge::default();
        let mut told = Vec::new();
        for number in 0..40u64 {
            let face = match number {
                3 | 20..40 => 10.0,
                _ => 120.0,
            };
            let look = Look {
                face,
                around: face,
                ..good(number)
            };
            told.push(judge.see(Some(&look), PACE * number as u32).light);
        }
        let dark = told.iter().position(|light| *light == Light::Dark);
        assert_eq!(dark, Some(20 + TURNED as usize - 1));
    }

    #[test]
    fn light_is_judged_where_the_face_is() {
        let lit = |face, around| {
            light(&Look {
                face,
                around,
                ..good(1)
            })
        };
        assert_eq!(lit(120.0, 120.0), Light::Good);
        assert_eq!(lit(60.0, 210.0), Light::Behind);
        assert_eq!(lit(20.0, 40.0), Light::Dark);
        assert_eq!(lit(120.0, 240.0), Light::Good);
    }
}
