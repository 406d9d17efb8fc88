// SPDX-License-Identifier: MIT OR Apache-2.0
//! Does on this reader what the terminal wants done.

use std::time::{Duration, Instant};

use uketsuke_bus::secret;
use uketsuke_bus::staff::StaffError;
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
    let path = path(mode.standing().await);
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
        match apply(mode, command).await {
            Ok(became) => {
                tracing::info!(id, ?became, "an order of the terminal");
                results.push(OrderResult { id, became });
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
fn path(standing: Standing) -> String {
    match standing.operation {
        Some(operation) => format!("/v1/orders?operation={}", operation.as_str()),
        None => "/v1/orders".into(),
    }
}

/// Does one order. An error: it could not be done now.
async fn apply(mode: &Mode, command: Command) -> Result<Became, StaffError> {
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
        Command::Vouch => return Ok(vouched(staff.vouch().await)),
    };
    result.or_else(|error| match error {
        StaffError::Taken(_) => Ok(Became::Taken),
        StaffError::NoPasscodes(_) => Ok(Became::NoPasscodes),
        StaffError::BadAccount(_) | StaffError::BadCode(_) | StaffError::BadOperation(_) => {
            Ok(Became::Refused)
        }
        StaffError::NotNow(_) => Ok(Became::NotNow),
        StaffError::ZBus(_) | StaffError::NotKept(_) => Err(error),
    })
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
    use uketsuke_bus::mode1::Operation;

    #[test]
    fn orders_are_asked_for_with_the_operation_mode_where_it_is_known() {
        let standing = |operation| Standing { operation };
        assert_eq!(path(standing(None)), "/v1/orders");
        let path = path(standing(Some(Operation::PinOnly)));
        assert_eq!(path, "/v1/orders?operation=pin-only");
    }
}
