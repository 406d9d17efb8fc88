// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where the database is, how it is opened, and what one kind of database says otherwise than the other.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::{Any, AnyConnection, AnyPool, ConnectOptions, Connection, Row, Transaction};
use url::Url;

use super::{STEPS, StoreError};

/// Where a terminal keeps what it knows.
#[derive(Clone, Debug)]
pub enum Database {
    /// SQLite, as `terminal.db` in this folder.
    Folder(PathBuf),
    /// PostgreSQL at this address, `postgres://…`.
    Server(Url),
}

impl fmt::Display for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(folder) => folder.join("terminal.db").display().fmt(f),
            // Addresses with a password in them are not taken.
            Self::Server(url) => url.fmt(f),
        }
    }
}

/// What kind of database it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Sqlite,
    Postgres,
}

/// Connections to PostgreSQL. SQLite has one writer, so one connection is as quick as any number there.
const CONNECTIONS: u32 = 8;
/// Longest wait for a connection: a database that does not answer is an error a reader can be told.
const PATIENCE: Duration = Duration::from_secs(10);

/// A commit is on the disk when it returns; what was erased is gone from the file.
const SQLITE: &str =
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;";
/// The same: a server or a role set to answer before is overruled, one that asks for more is not.
const POSTGRES: &str = "SELECT set_config('synchronous_commit', 'on', false) \
                        WHERE current_setting('synchronous_commit') = 'off'";

/// Whoever changes what others must not change meanwhile has this lock of PostgreSQL's; the number is
/// ours alone within a database.
pub(super) const ALONE: i64 = 0x7565_6b74_0001;

impl Kind {
    /// A schema is written for SQLite; PostgreSQL has other words for four things.
    fn schema(self, schema: &'static str) -> String {
        match self {
            Self::Sqlite => schema.to_owned(),
            Self::Postgres => schema
                .replace(
                    "INTEGER PRIMARY KEY AUTOINCREMENT",
                    "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
                )
                .replace(" INTEGER", " BIGINT")
                .replace(" BLOB", " BYTEA")
                // Sorted as SQLite does, whatever the server's language.
                .replace(" TEXT", " TEXT COLLATE \"C\"")
                .replace(") STRICT;", ");"),
        }
    }

    /// The format a database has; 0: nothing is in it yet.
    async fn format(self, connection: &mut AnyConnection) -> Result<i64, sqlx::Error> {
        let select = match self {
            Self::Sqlite => "SELECT user_version FROM pragma_user_version",
            Self::Postgres => {
                sqlx::raw_sql("CREATE TABLE IF NOT EXISTS format (number BIGINT NOT NULL)")
                    .execute(&mut *connection)
                    .await?;
                "SELECT coalesce(max(number), 0) FROM format"
            }
        };
        let row = sqlx::raw_sql(select).fetch_one(connection).await?;
        row.try_get(0)
    }

    async fn set_format(
        self,
        connection: &mut AnyConnection,
        format: usize,
    ) -> Result<(), sqlx::Error> {
        let set = match self {
            Self::Sqlite => format!("PRAGMA user_version = {format}"),
            Self::Postgres => format!("DELETE FROM format; INSERT INTO format VALUES ({format})"),
        };
        // A number is all that is put in.
        let set = sqlx::raw_sql(sqlx::AssertSqlSafe(set));
        set.execute(connection).await.map(drop)
    }

    /// Begins a transaction in which nobody else changes anything.
    pub(super) async fn begin_alone(
        self,
        pool: &AnyPool,
    ) -> Result<Transaction<'static, Any>, sqlx::Error> {
        match self {
            Self::Sqlite => pool.begin_with("BEGIN IMMEDIATE").await,
            Self::Postgres => {
                let mut transaction = pool.begin().await?;
                sqlx::query("SELECT 1 FROM pg_advisory_xact_lock($1)")
                    .bind(ALONE)
                    .execute(&mut *transaction)
                    .await?;
                Ok(transaction)
            }
        }
    }
}

/// Opens the database, and brings it to the newest format.
pub(super) async fn open(database: &Database) -> Result<(AnyPool, Kind), StoreError> {
    let failed = |source| StoreError::Open {
        database: database.to_string(),
        source,
    };
    let (options, kind) = match database {
        Database::Folder(folder) => {
            std::fs::create_dir_all(folder).map_err(|source| StoreError::Directory {
                path: folder.clone(),
                source,
            })?;
            (file(folder), Kind::Sqlite)
        }
        Database::Server(url) => (AnyConnectOptions::from_url(url), Kind::Postgres),
    };
    let options = options.map_err(failed)?.disable_statement_logging();
    let (connections, setting) = match kind {
        Kind::Sqlite => (1, SQLITE),
        Kind::Postgres => (CONNECTIONS, POSTGRES),
    };
    sqlx::any::install_default_drivers();
    let pool = AnyPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(PATIENCE)
        .idle_timeout(None)
        .max_lifetime(None)
        // A server may have gone away meanwhile; a file does not.
        .test_before_acquire(kind == Kind::Postgres)
        .after_connect(move |connection, _| {
            Box::pin(async move { sqlx::raw_sql(setting).execute(connection).await.map(drop) })
        })
        // SQLite ends a transaction by itself when the disk is full; sqlx believes for ever to be in it,
        // and none can begin on that connection again (`uketsuke-database` says more).
        .before_acquire(|connection, _| {
            let usable = !connection.is_in_transaction();
            Box::pin(async move { Ok(usable) })
        })
        .connect_with(options)
        .await
        .map_err(failed)?;
    migrate(&pool, kind, database).await?;
    Ok((pool, kind))
}

fn file(folder: &std::path::Path) -> Result<AnyConnectOptions, sqlx::Error> {
    let file = std::path::absolute(folder.join("terminal.db"))?;
    let url = Url::from_file_path(&file).map_err(|()| {
        sqlx::Error::Configuration(format!("{} is no path", file.display()).into())
    })?;
    format!("sqlite://{}?mode=rwc", url.path()).parse()
}

async fn migrate(pool: &AnyPool, kind: Kind, database: &Database) -> Result<(), StoreError> {
    let failed = |source| StoreError::Open {
        database: database.to_string(),
        source,
    };
    // Alone, and in one transaction: a half-made schema would be taken for a whole one.
    let mut transaction = kind.begin_alone(pool).await.map_err(failed)?;
    let found = kind.format(&mut transaction).await.map_err(failed)?;
    let known = usize::try_from(found).ok().filter(|f| *f <= STEPS.len());
    let Some(known) = known else {
        let database = database.to_string();
        return Err(StoreError::Format { database, found });
    };
    if known == STEPS.len() {
        return Ok(());
    }
    for step in STEPS.into_iter().skip(known) {
        // Ours, with nothing put in.
        let step = sqlx::AssertSqlSafe(kind.schema(step));
        sqlx::raw_sql(step)
            .execute(&mut *transaction)
            .await
            .map_err(failed)?;
    }
    kind.set_format(&mut transaction, STEPS.len())
        .await
        .map_err(failed)?;
    transaction.commit().await.map_err(failed)
}
