// SPDX-License-Identifier: MIT OR Apache-2.0
//! A file system in memory whose power can be cut at any operation. What was not synced may be
//! there afterwards or not, each name by itself, each unsynced file empty, half or whole.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use crate::files::Files;

#[derive(Clone)]
enum Inode {
    Folder,
    Link(String),
    /// What is durable, and what was written.
    File(Option<Vec<u8>>, Vec<u8>),
}

/// A change of names that is not durable yet.
#[derive(Clone)]
enum Change {
    Add(PathBuf, usize),
    Remove(PathBuf),
    Rename(PathBuf, PathBuf),
}

#[derive(Clone, Default)]
struct State {
    inodes: Vec<Inode>,
    live: BTreeMap<PathBuf, usize>,
    durable: BTreeMap<PathBuf, usize>,
    pending: Vec<Change>,
    operations: usize,
    cut_at: Option<usize>,
}

/// What becomes of the unsynced.
#[derive(Clone, Copy, Debug)]
pub enum Fate {
    Lost,
    Kept,
    /// Each by the turn of a generator with this seed.
    Mixed(u64),
}

/// The disk.
#[derive(Clone, Default)]
pub struct Disk(RefCell<State>);

impl Disk {
    /// A disk with these folders.
    pub fn new(folders: &[&str]) -> Self {
        let disk = Self::default();
        let mut state = disk.0.borrow_mut();
        for folder in folders {
            state.inodes.push(Inode::Folder);
            let number = state.inodes.len() - 1;
            state.live.insert(folder.into(), number);
            state.durable.insert(folder.into(), number);
        }
        drop(state);
        disk
    }

    /// Operations so far.
    pub fn operations(&self) -> usize {
        self.0.borrow().operations
    }

    /// Cuts the power before the operation of this number, counted from now.
    pub fn cut_after(&self, operations: usize) {
        let mut state = self.0.borrow_mut();
        state.operations = 0;
        state.cut_at = Some(operations);
    }

    /// Flips a bit of a file.
    pub fn flip(&self, path: &Path, at: usize) {
        let mut state = self.0.borrow_mut();
        let number = state.live[path];
        if let Inode::File(_, content) = &mut state.inodes[number] {
            content[at] ^= 0x10;
        }
    }

    /// Every file below a folder, with its length.
    pub fn files_below(&self, folder: &Path) -> Vec<(PathBuf, usize)> {
        let state = self.0.borrow();
        let files = state
            .live
            .iter()
            .filter(|(path, _)| path.starts_with(folder));
        files
            .filter_map(|(path, number)| match &state.inodes[*number] {
                Inode::File(_, content) => Some((path.clone(), content.len())),
                _ => None,
            })
            .collect()
    }

    /// What a restart finds.
    pub fn restarted(&self, fate: Fate) -> Self {
        let mut state = self.0.borrow().clone();
        let mut seed = match fate {
            Fate::Mixed(seed) => seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1,
            _ => 1,
        };
        let mut turn = |of: u64| {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            match fate {
                Fate::Lost => 0,
                Fate::Kept => of - 1,
                Fate::Mixed(_) => seed % of,
            }
        };
        let pending = std::mem::take(&mut state.pending);
        for change in pending {
            if turn(2) == 1 {
                apply(&mut state.durable, &change);
            }
        }
        for inode in &mut state.inodes {
            if let Inode::File(durable, written) = inode {
                let content = match (durable.take(), turn(3)) {
                    (Some(durable), _) => durable,
                    (None, 0) => Vec::new(),
                    (None, 1) => written[..written.len() / 2].to_vec(),
                    (None, _) => written.clone(),
                };
                *inode = Inode::File(Some(content.clone()), content);
            }
        }
        // What lies in a folder that is not there is not there either.
        let names = state.durable.clone();
        state.durable.retain(|path, _| {
            let above = path.ancestors().skip(1).filter(|p| *p != Path::new("/"));
            above.into_iter().all(|p| names.contains_key(p))
        });
        state.live = state.durable.clone();
        state.operations = 0;
        state.cut_at = None;
        Self(RefCell::new(state))
    }

    fn turn(&self) -> io::Result<std::cell::RefMut<'_, State>> {
        let mut state = self.0.borrow_mut();
        if state.cut_at == Some(state.operations) {
            return Err(io::Error::other("the power is gone"));
        }
        state.operations += 1;
        Ok(state)
    }

    fn add(&self, path: &Path, inode: Inode) -> io::Result<()> {
        let mut state = self.turn()?;
        if state.live.contains_key(path) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let above = path.parent().is_some_and(|p| state.live.contains_key(p));
        if !above {
            return Err(io::ErrorKind::NotFound.into());
        }
        state.inodes.push(inode);
        let change = Change::Add(path.to_owned(), state.inodes.len() - 1);
        state.change(change);
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut state = self.turn()?;
        if !state.live.contains_key(path) {
            return Err(io::ErrorKind::NotFound.into());
        }
        state.change(Change::Remove(path.to_owned()));
        Ok(())
    }
}

impl State {
    fn change(&mut self, change: Change) {
        apply(&mut self.live, &change);
        self.pending.push(change);
    }
}

fn apply(names: &mut BTreeMap<PathBuf, usize>, change: &Change) {
    match change {
        Change::Add(path, number) => {
            names.insert(path.clone(), *number);
        }
        Change::Remove(path) => {
            names.remove(path);
        }
        Change::Rename(from, to) => {
            if let Some(number) = names.remove(from) {
                names.insert(to.clone(), number);
            }
        }
    }
}

impl Files for Disk {
    fn make_folder(&self, path: &Path) -> io::Result<()> {
        self.add(path, Inode::Folder)
    }

    fn write_new(&self, path: &Path, content: &[u8]) -> io::Result<()> {
        self.add(path, Inode::File(None, content.to_vec()))
    }

    fn sync_file(&self, path: &Path) -> io::Result<()> {
        let mut state = self.turn()?;
        let number = *state.live.get(path).ok_or(io::ErrorKind::NotFound)?;
        if let Inode::File(durable, written) = &mut state.inodes[number] {
            *durable = Some(written.clone());
        }
        Ok(())
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        let mut state = self.turn()?;
        let pending = std::mem::take(&mut state.pending);
        for change in pending {
            let (Change::Add(name, _) | Change::Remove(name) | Change::Rename(_, name)) = &change;
            if name.parent() == Some(path) {
                apply(&mut state.durable, &change);
            } else {
                state.pending.push(change);
            }
        }
        Ok(())
    }

    fn link(&self, target: &str, path: &Path) -> io::Result<()> {
        self.add(path, Inode::Link(target.to_owned()))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.turn()?;
        if !state.live.contains_key(from) {
            return Err(io::ErrorKind::NotFound.into());
        }
        state.change(Change::Rename(from.to_owned(), to.to_owned()));
        Ok(())
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        self.remove(path)
    }

    fn remove_folder(&self, path: &Path) -> io::Result<()> {
        self.remove(path)
    }

    fn read(&self, path: &Path, _limit: u64) -> io::Result<Vec<u8>> {
        let state = self.0.borrow();
        match state.live.get(path).map(|number| &state.inodes[*number]) {
            Some(Inode::File(_, content)) => Ok(content.clone()),
            _ => Err(io::ErrorKind::NotFound.into()),
        }
    }

    fn read_link(&self, path: &Path) -> io::Result<PathBuf> {
        let state = self.0.borrow();
        match state.live.get(path).map(|number| &state.inodes[*number]) {
            Some(Inode::Link(target)) => Ok(target.into()),
            _ => Err(io::ErrorKind::NotFound.into()),
        }
    }

    fn list(&self, path: &Path) -> io::Result<Vec<(String, bool)>> {
        let state = self.0.borrow();
        if !state.live.contains_key(path) {
            return Err(io::ErrorKind::NotFound.into());
        }
        let inside = state.live.iter().filter(|(p, _)| p.parent() == Some(path));
        Ok(inside
            .map(|(p, number)| {
                let name = p.file_name().unwrap_or_default().to_string_lossy();
                let is_folder = matches!(state.inodes[*number], Inode::Folder);
                (name.into_owned(), is_folder)
            })
            .collect())
    }
}
