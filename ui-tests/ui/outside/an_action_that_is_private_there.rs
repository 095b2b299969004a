use outflow_ui_tests::Shop;

fn main() {
    let _ = Shop.orders(3);
    let _ = Shop.visitors();
}
