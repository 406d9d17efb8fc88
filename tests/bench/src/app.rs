// SPDX-License-Identifier: MIT OR Apache-2.0
//! Start, serving and end.

use std::net::{Ipv4Addr, SocketAddr};
use std::process::ExitCode;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::Context;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use uketsuke_house::house::{House, HouseError};
use uketsuke_house::logs::Logs;
use uketsuke_house::options::Options;
use uketsuke_house::space::{Space, tidy};

use crate::routes;
use crate::traffic::Watch;

/// Ports tried upwards of the wanted one.
const PORTS: u16 = 100;

/// What the handlers share.
pub struct Bench {
    /// The desk.
    pub house: House,
    /// What its programs said.
    pub logs: Logs,
    /// What passes on its bus.
    pub traffic: Watch,
    /// What makes the first account of the terminal's console, while there is none.
    first_code: Mutex<Option<String>>,
}

impl Bench {
    /// Has `uketsukectl` draw another code for the first account; none where there is an account.
    ///
    /// # Errors
    /// [`HouseError::FirstAccount`].
    pub async fn draw_first_code(&self) -> Result<Option<String>, HouseError> {
        let code = self.house.first_code().await?;
        self.first_code_there().clone_from(&code);
        Ok(code)
    }

    /// The one that was drawn last.
    pub fn first_code(&self) -> Option<String> {
        self.first_code_there().clone()
    }

    fn first_code_there(&self) -> MutexGuard<'_, Option<String>> {
        // Whole after every statement.
        self.first_code
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// Runs the bench inside its private space until it is asked to end.
pub fn run(space: Space, options: &Options) -> ExitCode {
    let result = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("no runtime")
        .and_then(|runtime| runtime.block_on(serve(space.clone(), options)));
    tidy(&space);
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("uketsuke-bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(space: Space, options: &Options) -> anyhow::Result<()> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    let asked = async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hang_up.recv() => {}
        }
    };
    tokio::pin!(asked);
    let logs = Logs::new(!options.quiet);
    let house = tokio::select! {
        house = House::start(space, options, &logs) => house?,
        () = &mut asked => return Ok(()),
    };
    let traffic = Watch::start(&house.bus_address())
        .await
        .context("cannot watch the bus")?;
    let bench = Arc::new(Bench {
        house,
        logs,
        traffic,
        first_code: Mutex::default(),
    });
    if !options.without.iter().any(|name| name == "terminal") {
        let code = bench.draw_first_code().await?;
        let page = bench.house.terminal_address();
        println!(
            "Terminal: http://{page}/first with the code {}",
            code.unwrap_or_default()
        );
    }
    let listener = listen(options.port).await?;
    let address = listener.local_addr()?;
    println!("Bench: http://{address}/");
    let router = routes::router(Arc::clone(&bench), address);
    let result = tokio::select! {
        served = axum::serve(listener, router) => served.context("the page"),
        () = &mut asked => Ok(()),
    };
    bench.house.stop().await;
    result
}

/// Listens on the wanted port or the next free one.
async fn listen(wanted: u16) -> anyhow::Result<TcpListener> {
    let last = if wanted == 0 {
        0
    } else {
        wanted.saturating_add(PORTS)
    };
    let mut failed = None;
    for port in wanted..=last {
        match TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await {
            Ok(listener) => return Ok(listener),
            Err(error) => failed = Some(error),
        }
    }
    let error = failed.map_or_else(|| anyhow::anyhow!("no port"), anyhow::Error::from);
    Err(error.context(format!("no free port from {wanted} to {last}")))
}
