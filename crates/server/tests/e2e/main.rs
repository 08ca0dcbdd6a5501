//! The real binary, end to end: started as people start it, spoken to over HTTP and by its command line, stopped as machines
//! stop it. `running` starts it, `calling` speaks to it, `installation` fills an empty one.

mod calling;
mod demo;
mod feeds;
mod files;
mod first_start;
mod installation;
mod kills;
mod running;
mod stops;
mod unsynced;
