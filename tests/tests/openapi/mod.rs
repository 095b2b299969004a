mod packets;
mod shapes;
mod typescript;
