// SPDX-License-Identifier: MIT OR Apache-2.0
//! Every state of a reader that can be reached by orders, quiet times, failures, kills of the daemon
//! and power cuts at any moment, and what holds in all of them.

mod world;

use std::collections::HashSet;

use self::world::{FACTORY, Job, OFFERED, World, at, version};
use super::*;

fn manifest(minor: u64) -> Manifest {
    Manifest {
        reader: "r".into(),
        compatible: "r".into(),
        version: version(minor).to_string(),
        hash: "ab".repeat(32),
        format: "verity".into(),
        classes: CLASSES.map(String::from).to_vec(),
        programs: false,
    }
}

fn failure() -> Refusal {
    Refusal::new(Fault::Internal, "")
}

/// Worlds one thing later. `orders`: people may want something, and things may fail.
fn later(world: &World, orders: bool) -> Vec<World> {
    let mut worlds = Vec::new();
    let mut then = |change: &dyn Fn(&mut World) -> Result<(), Refusal>| {
        let mut next = world.clone();
        if change(&mut next).is_ok() {
            worlds.push(next);
        }
    };
    if world.restart {
        then(&|w| {
            w.boot();
            Ok(())
        });
    }
    if world.writing.is_some() {
        then(&|w| {
            w.write(false);
            Ok(())
        });
    }
    if orders {
        then(&|w| {
            w.boot();
            Ok(())
        });
        if world.writing.is_some() {
            then(&|w| {
                w.write(true);
                Ok(())
            });
        }
    }
    if world.daemon.is_none() {
        then(&|w| {
            w.start();
            Ok(())
        });
        return worlds;
    }
    if orders {
        then(&|w| {
            w.kill();
            Ok(())
        });
        // Killed right behind its call, which RAUC still carries out.
        for job in world.jobs.iter().copied() {
            then(&|w| {
                w.carry_out(job);
                w.kill();
                Ok(())
            });
        }
    }
    for job in world.jobs.iter().copied() {
        answers(job, orders, world, &mut then);
    }
    if let Some(good) = world.ended {
        then(&|w| {
            w.ended = None;
            w.jobs.remove(&Job::Follow);
            w.feed(Event::InstallEnded(good.then_some(()).ok_or_else(failure)))
        });
    }
    if world.jobs.is_empty() {
        // The boot check: confirms what is fit, condemns what is not where it can leave it.
        if world.fit() {
            then(&|w| w.feed(Event::Confirm));
        } else if world.on_trial() {
            then(&|w| {
                w.condemn();
                w.boot();
                Ok(())
            });
        }
        then(&|w| w.feed(Event::Activate { patient: false }));
    }
    if orders {
        for minor in OFFERED {
            then(&|w| {
                w.feed(Event::Install(String::new()))?;
                w.source = minor;
                // Notes carry the name of their job.
                w.noted = None;
                w.ordered();
                Ok(())
            });
        }
        then(&|w| {
            w.feed(Event::Rollback { patient: false })?;
            w.ordered();
            Ok(())
        });
        then(&|w| w.feed(Event::Cancel));
    }
    worlds
}

/// RAUC answers a call of the daemon.
fn answers(
    job: Job,
    fails: bool,
    world: &World,
    then: &mut impl FnMut(&dyn Fn(&mut World) -> Result<(), Refusal>),
) {
    let done = |w: &mut World| {
        w.jobs.remove(&job);
        w.carry_out(job);
    };
    let failed = |w: &mut World, event: Event| {
        w.jobs.remove(&job);
        w.feed(event)
    };
    match job {
        Job::Inspect => {
            then(&|w| {
                done(w);
                w.feed(Event::Inspected(Ok(manifest(w.source))))
            });
            if fails {
                then(&|w| failed(w, Event::Inspected(Err(failure()))));
            }
        }
        Job::Install => {
            then(&|w| {
                done(w);
                w.jobs.insert(Job::Follow);
                Ok(())
            });
            if fails {
                then(&|w| failed(w, Event::InstallEnded(Err(failure()))));
            }
        }
        Job::Ask => {
            if world.writing.is_some() {
                then(&|w| {
                    w.jobs.remove(&job);
                    w.jobs.insert(Job::Follow);
                    Ok(())
                });
            } else {
                let whole = world.noted == Some(world.runs.other());
                then(&|w| {
                    let end = whole.then_some(()).ok_or_else(failure);
                    failed(w, Event::InstallEnded(end))
                });
            }
        }
        Job::Follow => {}
        Job::MarkActive => {
            then(&|w| {
                done(w);
                w.restart = true;
                w.feed(Event::Marked(Told::Yes))
            });
            if fails {
                then(&|w| failed(w, Event::Marked(Told::No(failure()))));
                // Done, but the answer was lost.
                then(&|w| {
                    w.carry_out(job);
                    failed(w, Event::Marked(Told::Perhaps(failure())))
                });
            }
        }
        Job::MarkGood => {
            then(&|w| {
                done(w);
                w.feed(Event::MarkedGood(Ok(())))
            });
            if fails {
                then(&|w| failed(w, Event::MarkedGood(Err(failure()))));
            }
        }
    }
}

/// What holds in every world.
fn check(world: &World) {
    let first = world.order.iter().find(|s| world.slots[at(**s)].whole);
    let first = first.expect("the firmware finds a whole slot");
    // A slot that never was written is not whole, and one that is written is not listed.
    assert_eq!(
        world.order.first(),
        Some(first),
        "the firmware's first choice is whole"
    );
    let minor = world.slots[at(*first)].minor;
    if let Some(floor) = &world.disk.floor {
        assert!(version(minor) >= *floor, "started below the floor");
    }
    assert!(world.slots[at(world.runs)].whole);
    assert_ne!(minor, 0, "an older system was installed");
    if let Some(pending) = world.disk.state.pending() {
        assert!(pending.tries <= TRIES);
    }
    if let Some(next) = world.next {
        assert!(world.slots[at(next)].whole, "a torn slot is to be started");
    }
    assert!(world.starts <= TRIES, "started {} times", world.starts);
    if let Some(machine) = &world.daemon
        && machine.confirmed()
    {
        let here = at(world.runs);
        assert_eq!(
            world.kept[here],
            Some(world.slots[here].minor),
            "shown as confirmed, but nobody did"
        );
    }
}

/// What holds between a world and a later one.
fn compare(before: &World, after: &World) {
    if let Some(floor) = &before.disk.floor {
        let now = after.disk.floor.as_ref().expect("a floor stays");
        assert!(now >= floor, "the floor fell");
    }
    if before.writing.is_none() && after.writing.is_some() {
        assert_eq!(before.runs, after.runs);
        let minor = after.source;
        assert!(minor > before.slots[at(before.runs)].minor, "no newer one");
    }
}

/// Left alone, a reader comes to rest in a fit and confirmed system.
fn settles(world: &World) {
    let mut now = world.clone();
    for _ in 0..60 {
        let rest = now.daemon.as_ref().is_some_and(Machine::confirmed);
        let idle = now.jobs.is_empty() && now.writing.is_none() && now.ended.is_none();
        let pending = now.disk.state.pending().is_some();
        if rest && idle && !pending && !now.restart {
            assert!(now.fit(), "at rest in a sick system: {now}");
            assert!(matches!(now.disk.state, State::Rest(_)));
            return;
        }
        let mut next = later(&now, false);
        // The most pressing thing first; a confirmed world has its Confirm behind it.
        next.retain(|w| *w != now);
        let Some(first) = next.into_iter().next() else {
            panic!("stuck: {now}");
        };
        now = first;
    }
    panic!("never at rest: {world}");
}

/// How a world came about, one line a step, for the reader of a failure.
struct Tale<'w> {
    worlds: &'w [(World, usize)],
    last: usize,
}

impl Drop for Tale<'_> {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            return;
        }
        let mut lines = Vec::new();
        let mut index = self.last;
        loop {
            let (world, before) = &self.worlds[index];
            lines.push(world.to_string());
            if *before == index {
                break;
            }
            index = *before;
        }
        lines.reverse();
        println!("{}", lines.join("\n"));
    }
}

#[test]
fn nothing_that_happens_leaves_a_reader_without_a_good_system() {
    let mut worlds = vec![(World::new(), 0)];
    let mut seen = HashSet::from([World::new()]);
    let mut steps = 0_usize;
    let (mut states, mut results) = (HashSet::new(), HashSet::new());
    let mut index = 0;
    while index < worlds.len() {
        let world = worlds[index].0.clone();
        let tale = Tale {
            worlds: &worlds,
            last: index,
        };
        check(&world);
        settles(&world);
        states.insert(world.disk.state.wire());
        results.insert((world.disk.last_result, world.disk.last_error));
        let next = later(&world, true);
        steps += next.len();
        for next in &next {
            compare(&world, next);
        }
        drop(tale);
        for next in next {
            if seen.insert(next.clone()) {
                worlds.push((next, index));
            }
        }
        index += 1;
    }
    println!("{} worlds, {steps} steps", worlds.len());
    // The exploration is worth nothing if it does not get about.
    assert_eq!(states.len(), 8, "{states:?}");
    assert!(results.contains(&(LastResult::RolledBack, Some(Fault::Unhealthy))));
    assert!(results.contains(&(LastResult::RolledBack, Some(Fault::NeverConfirmed))));
    assert!(results.contains(&(LastResult::Cancelled, None)));
    let reached = |minor| seen.iter().any(|w| w.kept[at(w.runs)] == Some(minor));
    assert!(reached(FACTORY) && reached(3));
    assert!(!seen.iter().any(|w| w.kept.contains(&Some(world::SICK))));
    assert!(worlds.len() > 5_000, "{} worlds", worlds.len());
}
