// SPDX-License-Identifier: MIT OR Apache-2.0
//! A store that remembers every write, verifiers that say what they are told to, codes by number.

#![allow(dead_code, reason = "each test program uses its part")]

use std::cell::{Cell, RefCell};
use std::future::ready;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use uketsuke_passcode::gate::{Verdict, Verifier};
use uketsuke_passcode::kept::{Earlier, Keep, Kept, KeptError};
use uketsuke_passcode::verifier::{Codes, Cost, Pepper};
use uketsuke_passcode::{Code, Gate};

/// Next to nothing: what it costs is no matter here.
pub const CHEAP: Cost = Cost {
    memory_kib: 8,
    passes: 1,
};

pub fn code(n: u32) -> Code {
    Code::new(format!("{n:04}").as_bytes()).expect("four digits")
}

/// Every state that was written, in order.
#[derive(Clone, Default)]
pub struct Paper(pub Rc<RefCell<Vec<Kept>>>);

impl Keep for Paper {
    fn load(&mut self) -> Result<Option<(Kept, bool)>, KeptError> {
        Ok(self.0.borrow().last().cloned().map(|kept| (kept, false)))
    }

    fn save(&mut self, kept: &mut Kept, _: Earlier) -> Result<(), KeptError> {
        self.0.borrow_mut().push(kept.clone());
        Ok(())
    }
}

/// Says the same of every code, and how often it was asked.
pub struct Says {
    pub verdict: Verdict,
    pub asked: Cell<u32>,
}

impl Says {
    pub fn always(verdict: Verdict) -> Self {
        Self {
            verdict,
            asked: Cell::new(0),
        }
    }
}

impl Verifier for Says {
    fn verify(&mut self, _: &Code, _: &Codes) -> impl Future<Output = Verdict> {
        self.asked.set(self.asked.get() + 1);
        ready(self.verdict.clone())
    }
}

/// A gate for so many accounts, with nothing wrong yet.
pub fn gate(paper: &Paper, accounts: u32) -> Gate<Paper> {
    let mut gate = Gate::open(paper.clone(), CHEAP, Duration::ZERO).expect("a gate");
    for n in 0..accounts {
        gate.issue(&format!("account-{n}"), &code(n), &Pepper::new([1; 32]))
            .expect("a code");
    }
    gate
}

/// The end of something that waits for nobody.
pub fn at_once<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("it waits"),
    }
}
