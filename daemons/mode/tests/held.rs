// SPDX-License-Identifier: MIT OR Apache-2.0
//! 運転モード on a real bus: held from the terminal, ticked, one patient served, nothing left on.
#![allow(clippy::unwrap_used)]

mod peers;

use futures_util::StreamExt;
use peers::{Desk, card, on_the_bus, within};
use uketsuke_bus::card1::CardKind;
use uketsuke_bus::mode1::Operation;
use uketsuke_bus::staff::StaffError;
use uketsuke_bus::view::{Action, Hop, View, ViewId};
use uketsuke_mode::domain::Rules;

/// Waits until the property says so.
async fn is_held(desk: &Desk, operation: Operation) {
    let mut changes = desk.mode.receive_operation_changed().await;
    let told = async {
        while let Some(change) = changes.next().await {
            if change.get().await.unwrap() == operation {
                return;
            }
        }
        panic!("the mode manager left the bus");
    };
    within(told).await;
}

async fn hold(desk: &Desk, operation: Operation) {
    desk.staff.hold(operation.as_str()).await.unwrap();
    is_held(desk, operation).await;
}

fn idle(operation: Option<Operation>) -> impl Fn(&View) -> bool {
    move |view| view.id == ViewId::Idle && view.operation == operation
}

#[test]
fn one_patient_is_vouched_for_at_the_terminal_and_the_next_is_asked_as_ever() {
    on_the_bus(async {
        let mut desk = Desk::start(Rules::default()).await;
        desk.sees(ViewId::Idle).await;
        hold(&desk, Operation::Visual).await;
        desk.sees_that("P-00, held", idle(Some(Operation::Visual)))
            .await;
        desk.staff.vouch().await.unwrap();
        desk.sees(ViewId::Visual).await;
        let again = desk.staff.vouch().await;
        assert!(matches!(again, Err(StaffError::NotNow(_))), "{again:?}");
        let patient = card(b"A");
        patient.lock().unwrap().kind = CardKind::CardPinUnusable;
        desk.cards.place(&patient).await;
        let view = desk.sees(ViewId::ConsentMethod).await;
        // The card has signed: nobody needs to switch anything back.
        is_held(&desk, Operation::Unattended).await;
        desk.press(&view, Action::AgreeAll).await;
        desk.sees(ViewId::VisualDone).await;
        desk.cards.lift().await;
        desk.sees_that("P-00", idle(None)).await;
        let late = desk.staff.vouch().await;
        assert!(matches!(late, Err(StaffError::NotNow(_))), "{late:?}");
        let next = card(b"B");
        desk.cards.place(&next).await;
        desk.sees(ViewId::Method).await;
        let signed = |c: &peers::SharedCard| c.lock().unwrap().signed_by_eye;
        assert_eq!((signed(&patient), signed(&next)), (1, 0));
        let by_nobody = |event: &str| (event.to_owned(), String::new());
        let expected = ["held-visual", "vouched", "served"].map(by_nobody);
        assert_eq!(desk.notes(3).await, expected);
    });
}

#[test]
fn a_line_that_breaks_ends_visual_and_leaves_pin_only() {
    on_the_bus(async {
        let mut desk = Desk::start(Rules::default()).await;
        for (operation, after) in [
            (Operation::Visual, Operation::Unattended),
            (Operation::PinOnly, Operation::PinOnly),
        ] {
            desk.sees(ViewId::Idle).await;
            hold(&desk, operation).await;
            let bus = &desk.uplink_bus;
            desk.uplink.set_down(bus, Some(Hop::Terminal)).await;
            desk.sees(ViewId::LinkDown).await;
            let refused = desk.staff.vouch().await;
            assert!(matches!(refused, Err(StaffError::NotNow(_))));
            desk.uplink.set_down(bus, None).await;
            desk.sees_that("P-00 again", |v| v.id == ViewId::Idle).await;
            is_held(&desk, after).await;
        }
        let patient = card(b"A");
        desk.cards.place(&patient).await;
        desk.sees(ViewId::Pin).await;
    });
}

#[test]
fn a_restart_is_held_in_nothing() {
    on_the_bus(async {
        let desk = Desk::start(Rules::default()).await;
        hold(&desk, Operation::PinOnly).await;
        let folder = desk.folder.clone();
        drop(desk);
        let desk = Desk::start_on(Rules::default(), folder).await;
        desk.sees_that("P-00", idle(None)).await;
        is_held(&desk, Operation::Unattended).await;
    });
}

#[test]
fn what_is_no_mode_is_refused_by_name() {
    on_the_bus(async {
        let desk = Desk::start(Rules::default()).await;
        desk.sees(ViewId::Idle).await;
        let refused = desk.staff.hold("Visual").await;
        assert!(matches!(refused, Err(StaffError::BadOperation(_))));
        let refused = desk.staff.vouch().await;
        assert!(matches!(refused, Err(StaffError::NotNow(_))));
        is_held(&desk, Operation::Unattended).await;
    });
}
