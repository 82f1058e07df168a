//! The connectors against servers: the sandbox where it imitates the case, small scripts where an
//! answer is odder than anything the sandbox would send.

mod budget;
mod malformed;
mod optiply;
mod orders;
mod pages;
mod probes;
mod sandboxed;
mod secrets;
mod storms;
mod support;
mod throughput;
mod token_faults;
mod tokens;
mod trails;
mod transport;
