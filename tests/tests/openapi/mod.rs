mod events;
mod packets;
mod shapes;
mod typescript;
