#![allow(clippy::unit_arg, reason = "a closure that only writes or asserts still answers Ok")]

use super::*;
use crate::id::Id;

fn key(number: u64) -> Key {
    layout::event(number)
}

fn keys(rows: &impl Rows, range: &Range) -> Vec<u64> {
    let mut found = Vec::new();
    rows.each(range, &mut |key, _| {
        found.push(u64::from_be_bytes(*key.last_chunk().unwrap()));
        ControlFlow::Continue(())
    })
    .unwrap();
    found
}

#[test]
fn a_transaction_sees_its_own_writes_among_the_rows() {
    let tenant = Store::in_memory().unwrap().tenant(7);
    tenant
        .write(|tx| {
            (0..10).step_by(2).for_each(|number| tx.put(&key(number), vec![0]));
            Ok(())
        })
        .unwrap();
    tenant
        .write(|tx| {
            tx.put(&key(3), vec![1]);
            tx.put(&key(11), vec![1]);
            tx.put(&key(4), vec![1]);
            tx.delete(&key(0));
            tx.delete(&key(8));
            tx.delete(&key(9));
            let all = Range::under(layout::events());
            assert_eq!(keys(tx, &all), [2, 3, 4, 6, 11]);
            assert_eq!(keys(tx, &all.clone().descending()), [11, 6, 4, 3, 2]);
            assert_eq!(keys(tx, &all.clone().after(key(3))), [4, 6, 11]);
            assert_eq!(keys(tx, &all.clone().descending().after(key(4))), [3, 2]);
            assert_eq!((tx.get(&key(4))?, tx.get(&key(8))?), (Some(vec![1]), None));
            assert_eq!((tx.count(&all, 3)?, tx.count(&all, 30)?, tx.count(&all, 0)?), (3, 5, 0));
            Ok(())
        })
        .unwrap();
    tenant.read(|rows| Ok(assert_eq!(keys(rows, &Range::under(layout::events())), [2, 3, 4, 6, 11]))).unwrap();
}

#[test]
fn what_a_refused_or_panicking_write_wrote_does_not_count() {
    let tenant = Store::in_memory().unwrap().tenant(1);
    let refused: Result<()> = tenant.write(|tx| {
        tx.put(&key(1), vec![]);
        Err(Error::invalid("no"))
    });
    assert_eq!(refused.unwrap_err().to_string(), "no");
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let panicked: Result<()> = tenant.write(|tx| {
        tx.put(&key(2), vec![]);
        panic!("as planned")
    });
    std::panic::set_hook(hook);
    assert!(panicked.unwrap_err().cause().is_some());
    tenant.write(|tx| Ok(tx.put(&key(3), vec![]))).unwrap();
    tenant.read(|rows| Ok(assert_eq!(keys(rows, &Range::under(layout::events())), [3]))).unwrap();
}

#[test]
fn writes_of_many_threads_are_all_there_and_none_sees_half_of_another() {
    let store = Store::in_memory().unwrap();
    let threads: Vec<_> = (0..16)
        .map(|_| {
            let tenant = store.tenant(1);
            std::thread::spawn(move || {
                for _ in 0..50 {
                    tenant
                        .write(|tx| {
                            let next = tx.number(&key(0))? + 1;
                            tx.put(&key(0), next.to_be_bytes().to_vec());
                            tx.put(&key(next), vec![]);
                            Ok(())
                        })
                        .unwrap();
                    tenant
                        .read(|rows| Ok(assert_eq!(rows.number(&key(0))? + 1, keys(rows, &Range::under(layout::events())).len() as u64)))
                        .unwrap();
                }
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    store.tenant(1).read(|rows| Ok(assert_eq!(rows.number(&key(0))?, 800))).unwrap();
}

#[test]
fn a_tenant_reaches_its_own_rows_and_the_installations() {
    let store = Store::in_memory().unwrap();
    let id = Id::from_bytes([9; 16]);
    store
        .tenant(1)
        .write(move |tx| {
            tx.put(&key(1), vec![1]);
            tx.put(&layout::tenant_number(id), vec![2]);
            Ok(())
        })
        .unwrap();
    let seen = |number| store.tenant(number).read(|rows| Ok((rows.has(&key(1))?, rows.has(&layout::tenant_number(id))?))).unwrap();
    assert_eq!((seen(0), seen(1), seen(2)), ((false, true), (true, true), (false, true)));
}

#[test]
fn deleting_a_range_stops_at_its_bound_and_at_the_partition() {
    let store = Store::in_memory().unwrap();
    for tenant in [1, 2] {
        store.tenant(tenant).write(|tx| Ok((0..10).for_each(|number| tx.put(&key(number), vec![])))).unwrap();
    }
    let deleted = |most| store.tenant(1).write(move |tx| tx.delete_range(&Range::under(layout::events()), most)).unwrap();
    assert_eq!((deleted(0), deleted(4), deleted(100), deleted(100)), (0, 4, 6, 0));
    store.tenant(2).read(|rows| Ok(assert_eq!(keys(rows, &Range::under(layout::events())).len(), 10))).unwrap();
}

#[test]
fn a_closed_store_refuses_writes_and_still_reads_what_was_written() {
    let store = Store::in_memory().unwrap();
    let tenant = store.tenant(1);
    tenant.write(|tx| Ok(tx.put(&key(1), vec![]))).unwrap();
    store.close();
    assert!(tenant.write(|tx| Ok(tx.put(&key(2), vec![]))).is_err());
    tenant.read(|rows| Ok(assert_eq!(keys(rows, &Range::under(layout::events())), [1]))).unwrap();
}

#[test]
fn touched_partitions_are_told_once() {
    let store = Store::in_memory().unwrap();
    store.touched().take(std::time::Duration::ZERO);
    store.tenant(4).write(|tx| Ok(tx.put(&key(1), vec![]))).unwrap();
    store.tenant(5).write(|tx| tx.has(&key(1))).unwrap();
    assert_eq!(store.touched().take(std::time::Duration::from_secs(5)).into_iter().collect::<Vec<_>>(), [4]);
    assert!(store.touched().take(std::time::Duration::ZERO).is_empty());
}

#[test]
fn a_failed_attempt_leaves_what_was_written_before_it() {
    let tenant = Store::in_memory().unwrap().tenant(7);
    tenant.write(|tx| Ok(tx.put(&key(1), vec![1]))).unwrap();
    tenant
        .write(|tx| {
            tx.put(&key(2), vec![2]);
            tx.delete(&key(1));
            let refused: Result<()> = tx.attempt(|tx| {
                tx.put(&key(1), vec![9]);
                tx.delete(&key(2));
                tx.put(&key(3), vec![9]);
                tx.attempt(|tx| Ok(tx.put(&key(4), vec![9])))?;
                tx.put(&key(3), vec![8]);
                Err(Error::invalid("no"))
            });
            refused.unwrap_err();
            tx.attempt(|tx| {
                tx.put(&key(5), vec![5]);
                tx.attempt(|tx| Result::<()>::Err(Error::invalid(format!("{:?}", tx.put(&key(6), vec![]))))).unwrap_err();
                Ok(())
            })
        })
        .unwrap();
    tenant.read(|rows| Ok(assert_eq!(keys(rows, &Range::under(layout::events())), [2, 5]))).unwrap();
    assert_eq!(tenant.read(|rows| rows.get(&key(2))).unwrap(), Some(vec![2]));
}
