// SPDX-License-Identifier: MIT OR Apache-2.0
//! The last door shut: from here on a process can do what its list says, and nothing else ends it as
//! surely as trying more. The unit's filter has to allow what a start needs (files, libraries); this one
//! comes after the start, so it holds on a machine without systemd too.

use std::collections::BTreeMap;

use nix::libc;
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, TargetArch,
};

/// What computing needs: memory that is never executable, time, the end.
const COMPUTE: &[i64] = &[
    libc::SYS_brk,
    libc::SYS_clock_gettime,
    libc::SYS_exit,
    libc::SYS_exit_group,
    libc::SYS_futex,
    libc::SYS_getrandom,
    libc::SYS_madvise,
    libc::SYS_mremap,
    libc::SYS_munmap,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sched_yield,
    libc::SYS_setitimer,
    libc::SYS_sigaltstack,
    // To itself alone, which the kernel sees to: an abort.
    libc::SYS_getpid,
    libc::SYS_gettid,
    libc::SYS_tgkill,
];
/// As `alarm(2)` is called where the machine has that call.
#[cfg(target_arch = "x86_64")]
const ALARM: &[i64] = &[libc::SYS_alarm];
#[cfg(not(target_arch = "x86_64"))]
const ALARM: &[i64] = &[];
/// Calls that map memory; their third argument says how it may be used.
const MAPPING: &[i64] = &[libc::SYS_mmap, libc::SYS_mprotect];

/// Why a process is not confined.
#[derive(Debug, thiserror::Error)]
pub enum ConfineError {
    /// The list makes no filter.
    #[error("no filter for system calls can be built")]
    Build(#[from] seccompiler::BackendError),
    /// The kernel takes none.
    #[error("the kernel takes no filter for system calls")]
    Apply(#[from] seccompiler::Error),
}

/// Leaves this process memory, time, its end, and `more`. Any other call kills it at once. Nothing it
/// maps from now on can be executed, so whatever is to run must have been loaded before.
///
/// # Errors
/// [`ConfineError`]; the process then has what it had.
pub fn confine(more: &[i64]) -> Result<(), ConfineError> {
    let not_executable = SeccompRule::new(vec![SeccompCondition::new(
        2,
        SeccompCmpArgLen::Dword,
        SeccompCmpOp::MaskedEq(libc::PROT_EXEC as u64),
        0,
    )?])?;
    let plain = [COMPUTE, ALARM, more].concat();
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> =
        plain.into_iter().map(|call| (call, Vec::new())).collect();
    rules.extend(
        MAPPING
            .iter()
            .map(|&call| (call, vec![not_executable.clone()])),
    );
    let filter = SeccompFilter::new(
        rules,
        SeccompAction::KillProcess,
        SeccompAction::Allow,
        TargetArch::try_from(std::env::consts::ARCH)?,
    )?;
    let program: BpfProgram = filter.try_into()?;
    Ok(seccompiler::apply_filter(&program)?)
}
