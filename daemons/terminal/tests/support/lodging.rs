// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where a test's terminal lives: a folder, and a database of either kind.

use std::path::Path;
use std::sync::LazyLock;

use sqlx::{AnyConnection, Connection};
use tempfile::TempDir;
use uketsuke_common::config::DatabasePlace;
use uketsuke_terminal::app::Places;
use uketsuke_terminal::{Database, Store};
use uketsuke_testkit::postgres::Postgres;
use url::Url;

/// The server of this test program.
static SERVER: LazyLock<Postgres> = LazyLock::new(Postgres::start);

/// A folder and a database; the folder goes when this is dropped.
pub struct Lodging {
    folder: TempDir,
    server: Option<Url>,
}

impl Lodging {
    pub fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self {
            folder,
            server: None,
        }
    }

    pub fn postgres() -> Self {
        Self::on(&SERVER.database())
    }

    /// On this database of PostgreSQL's.
    pub fn on(address: &str) -> Self {
        let server = Some(Url::parse(address).unwrap());
        Self {
            server,
            ..Self::sqlite()
        }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Where the terminal's own files lie.
    pub fn state(&self) -> std::path::PathBuf {
        self.path().join("state")
    }

    pub fn is_sqlite(&self) -> bool {
        self.server.is_none()
    }

    pub fn database(&self) -> Database {
        match &self.server {
            Some(url) => Database::Server(url.clone()),
            None => Database::Folder(self.state()),
        }
    }

    /// The same, as `reader.toml` says it.
    pub fn place(&self) -> DatabasePlace {
        match &self.server {
            Some(url) => DatabasePlace::At(url.clone()),
            None => DatabasePlace::Here,
        }
    }

    pub fn places(&self) -> Places {
        Places {
            state: self.state(),
            credentials: self.path().join("pki/terminal"),
            runtime: self.path().join("run"),
        }
    }

    /// What the terminal wrote, or will read.
    pub async fn store(&self) -> Store {
        Store::open(&self.database()).await.unwrap()
    }

    /// Runs SQL behind the terminal's back; how many rows it changed.
    pub async fn write(&self, sql: &'static str) -> u64 {
        let mut connection = self.connect().await;
        let done = sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
        done.rows_affected()
    }

    /// A number of the database.
    pub async fn number(&self, select: &'static str) -> i64 {
        let mut connection = self.connect().await;
        let number = sqlx::query_scalar(select).fetch_one(&mut connection);
        let number = number.await.unwrap();
        connection.close().await.unwrap();
        number
    }

    async fn connect(&self) -> AnyConnection {
        sqlx::any::install_default_drivers();
        let url = match &self.server {
            Some(url) => url.to_string(),
            None => {
                std::fs::create_dir_all(self.state()).unwrap();
                let file = self.state().join("terminal.db");
                format!("sqlite://{}?mode=rwc", file.display())
            }
        };
        AnyConnection::connect(&url).await.unwrap()
    }

    /// All that lies in the database.
    pub fn dump(&self) -> Vec<u8> {
        let Some(url) = &self.server else {
            let files = std::fs::read_dir(self.state()).unwrap();
            return files
                .flat_map(|file| std::fs::read(file.unwrap().path()).unwrap())
                .collect();
        };
        SERVER.dump(url.as_str())
    }
}

/// Two tests of each of these: on SQLite and on PostgreSQL.
#[macro_export]
macro_rules! on_both {
    ($($test:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test]
            async fn $test() {
                super::$test($crate::support::Lodging::sqlite()).await;
            })+
        }
        mod postgres {
            $(#[tokio::test]
            async fn $test() {
                super::$test($crate::support::Lodging::postgres()).await;
            })+
        }
    };
}
