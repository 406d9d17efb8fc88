// SPDX-License-Identifier: MIT OR Apache-2.0
//! Does on this reader what the terminal wants done.

use std::time::{Duration, Instant};

use uketsuke_bus::mode1::Operation;
use uketsuke_bus::secret;
use uketsuke_bus::staff::{Objection, StaffError};
use uketsuke_link::backoff::Backoff;
use uketsuke_link::orders::{
    Became, Command, ORDERS, Order, OrderResult, Orders, PATIENCE, Results, Standing, Taken,
};

use crate::deliver::{came_back, chain};
use crate::line::Line;
use crate::mode::Mode;

/// A terminal that has nothing to say and says it sooner than this is not asked again at once.
const TOO_SOON: Duration = Duration::from_secs(1);

/// Runs until dropped. No pause is longer than `longest`.
pub async fn run(line: &Line, mode: &mut Mode, longest: Duration) {
    let mut backoff = Backoff::new(longest);
    let mut hops = line.hops();
    loop {
        match round(line, mode).await {
            Ok(()) => backoff.reset(),
            Err(()) => {
                hops.mark_unchanged();
                tokio::select! {
                    () = tokio::time::sleep(backoff.pause()) => {}
                    () = came_back(&mut hops) => backoff.reset(),
                }
            }
        }
    }
}

/// Waits for orders, does them, and tells what became of them.
async fn round(line: &Line, mode: &mut Mode) -> Result<(), ()> {
    let asked = Instant::now();
    let path = path(&mode.standing().await);
    let answer = tokio::select! {
        answer = line.wait(&path, PATIENCE) => answer,
        // What the terminal was told is no longer so, and what it orders may depend on it.
        () = mode.changed() => return Ok(()),
    };
    let Orders { orders } = answer.map_err(|error| tracing::debug!(%error, "no orders"))?;
    if orders.is_empty() {
        return if asked.elapsed() < TOO_SOON {
            Err(())
        } else {
            Ok(())
        };
    }
    let given = orders.len();
    let mut results = Vec::new();
    for Order { id, command } in orders.into_iter().take(ORDERS) {
        match apply(mode, &id, command).await {
            Ok((became, objections)) => {
                tracing::info!(id, ?became, "an order of the terminal");
                results.push(OrderResult {
                    id,
                    became,
                    objections,
                });
            }
            Err(error) => {
                let error = chain(&error);
                tracing::warn!(id, error, "an order of the terminal waits");
            }
        }
    }
    let all = results.len() == given;
    if !results.is_empty() {
        // Not told is told anew: the order comes again, and doing it twice changes nothing but that
        // wrong codes typed in between are forgotten.
        let _: Taken = line
            .ask("/v1/orders/results", Some(&Results { results }))
            .await
            .map_err(|error| tracing::debug!(%error, "results not told"))?;
    }
    if all { Ok(()) } else { Err(()) }
}

/// Where orders are asked for, saying how things stand here.
fn path(standing: &Standing) -> String {
    // Plain words and hexadecimal digits: nothing in them has another meaning in a query.
    let said = [
        ("operation", standing.operation.map(Operation::as_str)),
        ("profile", standing.profile.as_deref()),
        ("kept", standing.kept.as_deref()),
    ];
    let said: Vec<_> = said
        .into_iter()
        .filter_map(|(name, value)| Some(format!("{name}={}", value?)))
        .collect();
    if said.is_empty() {
        "/v1/orders".into()
    } else {
        format!("/v1/orders?{}", said.join("&"))
    }
}

/// Does one order. An error: it could not be done now.
async fn apply(
    mode: &Mode,
    id: &str,
    command: Command,
) -> Result<(Became, Vec<Objection>), StaffError> {
    let staff = mode.staff();
    let result = match &command {
        Command::IssuePasscode { account, code } => match secret::seal(code.0.as_bytes()) {
            Ok(file) => staff
                .issue(account, file.into())
                .await
                .map(|()| Became::Issued),
            Err(error) => Err(StaffError::NotKept(error.to_string())),
        },
        // Whether there was one makes no difference.
        Command::WithdrawPasscode { account } => {
            staff.withdraw(account).await.map(|_| Became::Withdrawn)
        }
        Command::Hold { operation } => {
            let held = staff.hold(operation.as_str()).await;
            held.map(|()| Became::Held)
        }
        // Whatever fails: it is not tried again, or another patient might be vouched for by it.
        Command::Vouch => Ok(vouched(staff.vouch().await)),
        Command::SetProfile { profile } => match staff.set_profile(id, profile).await {
            Ok(objections) if objections.is_empty() => Ok(Became::Kept),
            Ok(objections) => return Ok((Became::Refused, objections)),
            Err(error) => Err(error),
        },
        Command::WithdrawProfile => staff.withdraw_profile().await.map(|_| Became::Withdrawn),
    };
    result.or_else(became).map(|became| (became, Vec::new()))
}

/// What became of an order that was not done.
fn became(error: StaffError) -> Result<Became, StaffError> {
    match error {
        StaffError::Taken(_) => Ok(Became::Taken),
        StaffError::NoPasscodes(_) => Ok(Became::NoPasscodes),
        StaffError::BadAccount(_)
        | StaffError::BadCode(_)
        | StaffError::BadOperation(_)
        | StaffError::BadProfile(_) => Ok(Became::Refused),
        StaffError::NotNow(_) => Ok(Became::NotNow),
        StaffError::ZBus(_) | StaffError::NotKept(_) => Err(error),
    }
}

fn vouched(result: Result<(), StaffError>) -> Became {
    match result {
        Ok(()) => Became::Vouched,
        Err(error) => {
            tracing::info!(%error, "nobody is vouched for");
            Became::NotNow
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_are_asked_for_with_what_is_known_of_the_reader() {
        assert_eq!(path(&Standing::default()), "/v1/orders");
        let mut standing = Standing {
            operation: Some(Operation::PinOnly),
            ..Standing::default()
        };
        assert_eq!(path(&standing), "/v1/orders?operation=pin-only");
        standing.profile = Some("own".into());
        standing.kept = Some("0".repeat(32));
        assert_eq!(
            path(&standing),
            "/v1/orders?operation=pin-only&profile=own&kept=00000000000000000000000000000000"
        );
    }
}
