use super::*;
use crate::hash::leaf_hash;
use crate::verify::{fold_proof, has_grown};
use ct_merkle::mem_backed_tree::MemoryBackedTree;
use ct_merkle::{ConsistencyProof, InclusionProof, RootHash};
use proptest::prelude::*;
use sha2::Sha256;

/// MTH of RFC 6962 section 2.1, word for word.
fn naive_root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => empty_root(),
        [leaf] => *leaf,
        more => {
            let split = more.len().next_power_of_two() / 2;
            node_hash(&naive_root(&more[..split]), &naive_root(&more[split..]))
        }
    }
}

/// PATH of RFC 6962 section 2.1.1, word for word.
fn naive_proof(index: usize, leaves: &[Hash]) -> Vec<Hash> {
    if leaves.len() == 1 {
        return Vec::new();
    }
    let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
    let (mut path, sibling) = if index < left.len() {
        (naive_proof(index, left), naive_root(right))
    } else {
        (naive_proof(index - left.len(), right), naive_root(left))
    };
    path.push(sibling);
    path
}

pub(crate) fn leaves(count: usize) -> Vec<Hash> {
    (0..count).map(|index| leaf_hash(&index.to_be_bytes())).collect()
}

/// All hashes of all tiles, as the database keeps them.
pub(crate) fn grow(leaves: &[Hash]) -> (Frontier, HashMap<TileId, Vec<Hash>>) {
    let mut frontier = Frontier::default();
    let mut tiles: HashMap<TileId, Vec<Hash>> = HashMap::new();
    let mut store = |level: u8, position: u64, hash: Hash| {
        tiles.entry(TileId { level, number: position / TILE_WIDTH }).or_default().push(hash);
    };
    for (position, leaf) in (0..).zip(leaves) {
        store(0, position, *leaf);
        for tile in frontier.push(*leaf) {
            store(tile.id.level + 1, tile.id.number, tile.root);
        }
    }
    (frontier, tiles)
}

#[test]
fn aud_6_roots_are_those_of_the_certificate_transparency_test_vectors() {
    // The inputs and roots of the reference tests of RFC 6962 implementations (google/certificate-transparency, merkletree).
    let inputs = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
    let roots = [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];
    let mut frontier = Frontier::default();
    assert_eq!(hex::encode(frontier.root()), roots[0]);
    for (input, root) in inputs.iter().zip(&roots[1..]) {
        frontier.push(leaf_hash(&hex::decode(input).unwrap()));
        assert_eq!(hex::encode(frontier.root()), *root);
    }
}

#[test]
fn aud_6_every_root_up_to_600_entries_is_that_of_the_definition_and_of_another_implementation() {
    let all = leaves(600);
    let mut frontier = Frontier::default();
    let mut other = MemoryBackedTree::<Sha256, [u8; 8]>::new();
    for size in 0..=all.len() {
        assert_eq!(frontier.root(), naive_root(&all[..size]), "size {size}");
        assert_eq!(frontier.root().as_slice(), other.root().as_bytes().as_slice(), "size {size}");
        if let Some(leaf) = all.get(size) {
            frontier.push(*leaf);
            other.push(size.to_be_bytes());
        }
    }
}

#[test]
fn aud_6_the_specifications_log_of_70_000_entries_has_its_tiles() {
    let split = |level| (hashes_at(level, 70_000) / TILE_WIDTH, hashes_at(level, 70_000) % TILE_WIDTH);
    assert_eq!([split(0), split(1), split(2), split(3)], [(273, 112), (1, 17), (0, 1), (0, 0)]);
    assert_eq!(hashes_at(LEVELS_MAX, u64::MAX), 0);
}

#[test]
fn aud_6_a_log_of_70_000_entries_grows_its_third_level_and_proves_entries_through_it() {
    let all = leaves(70_000);
    let (frontier, tiles) = grow(&all);
    assert_eq!(frontier.root(), naive_root(&all));
    let partials: Vec<usize> = frontier.partials().map(|(_, hashes)| hashes.len()).collect();
    assert_eq!(partials, [112, 17, 1]);
    for index in [0_u64, 255, 256, 65_535, 65_536, 69_887, 69_888, 69_999] {
        let proof = inclusion_proof(index, 70_000, &tiles).unwrap();
        let leaf = all[usize::try_from(index).unwrap()];
        assert_eq!(fold_proof(index, 70_000, leaf, &proof), Some(frontier.root()), "index {index}");
        assert!(proof_tiles(index, 70_000).len() <= 6, "a proof reads few tiles");
    }
}

#[test]
fn aud_6_every_proof_of_every_small_log_is_that_of_the_definition() {
    let all = leaves(70);
    for size in 1..=all.len() {
        let (frontier, tiles) = grow(&all[..size]);
        for index in 0..size {
            let proof = inclusion_proof(index as u64, size as u64, &tiles).unwrap();
            assert_eq!(proof, naive_proof(index, &all[..size]), "{index} of {size}");
            assert_eq!(fold_proof(index as u64, size as u64, all[index], &proof), Some(frontier.root()));
        }
    }
}

/// PROOF of RFC 6962 section 2.1.2, word for word: SUBPROOF(old, D[n], true).
fn naive_consistency(old: usize, leaves: &[Hash], is_known: bool) -> Vec<Hash> {
    if old == leaves.len() {
        return if is_known { Vec::new() } else { vec![naive_root(leaves)] };
    }
    let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
    let (mut path, other) = if old <= left.len() {
        (naive_consistency(old, left, is_known), naive_root(right))
    } else {
        (naive_consistency(old - left.len(), right, false), naive_root(left))
    };
    path.push(other);
    path
}

#[test]
fn aud_6_every_proof_that_a_small_log_grew_is_that_of_the_definition_and_holds_for_no_other() {
    let all = leaves(66);
    let roots: Vec<Hash> = (0..=all.len()).map(|size| naive_root(&all[..size])).collect();
    for size in 0..=all.len() {
        let (_, tiles) = grow(&all[..size]);
        for old in 0..=size {
            let proof = consistency_proof(old as u64, size as u64, &tiles).unwrap();
            if old > 0 {
                assert_eq!(proof, naive_consistency(old, &all[..size], true), "{old} to {size}");
            }
            let holds = |old_root: &Hash, root: &Hash, proof: &[Hash]| {
                has_grown(old as u64, old_root, size as u64, root, proof)
            };
            assert!(holds(&roots[old], &roots[size], &proof), "{old} to {size}");
            let other = leaf_hash(b"other");
            assert!(!holds(&other, &roots[size], &proof), "{old} to {size}");
            // From no entries every log grows.
            assert!(old == 0 && size > 0 || !holds(&roots[old], &other, &proof), "{old} to {size}");
            assert!(!holds(&roots[old], &roots[size], &[proof.as_slice(), &[other]].concat()), "{old} to {size}");
            for place in 0..proof.len() {
                let mut altered = proof.clone();
                altered[place][31] ^= 1;
                assert!(!holds(&roots[old], &roots[size], &altered), "{old} to {size}, hash {place}");
                altered.remove(place);
                assert!(!holds(&roots[old], &roots[size], &altered), "{old} to {size} without hash {place}");
            }
        }
    }
}

#[test]
fn aud_6_another_implementation_accepts_the_proofs_of_a_log_whose_tiles_have_three_levels() {
    let all = leaves(70_000);
    let mut other = MemoryBackedTree::<Sha256, [u8; 8]>::new();
    (0..all.len()).for_each(|index| other.push(index.to_be_bytes()));
    let (frontier, tiles) = grow(&all);
    let their_root = other.root();
    assert_eq!(frontier.root().as_slice(), their_root.as_bytes().as_slice());
    for index in [0_usize, 1, 255, 256, 65_535, 65_536, 69_887, 69_999] {
        let proof = inclusion_proof(index as u64, 70_000, &tiles).unwrap();
        let theirs = InclusionProof::<Sha256>::try_from_bytes(proof.concat()).unwrap();
        their_root.verify_inclusion(&index.to_be_bytes(), index as u64, &theirs).unwrap();
        assert_eq!(other.prove_inclusion(index).as_bytes(), proof.concat());
    }
    for old in [1_usize, 2, 255, 256, 257, 65_535, 65_536, 65_537, 69_999] {
        let proof = consistency_proof(old as u64, 70_000, &tiles).unwrap();
        let (old_frontier, _) = grow(&all[..old]);
        assert!(has_grown(old as u64, &old_frontier.root(), 70_000, &frontier.root(), &proof));
        let old_root = RootHash::<Sha256>::new(old_frontier.root().into(), old as u64);
        let theirs = ConsistencyProof::<Sha256>::try_from_bytes(proof.concat()).unwrap();
        their_root.verify_consistency(&old_root, &theirs).unwrap();
        assert_eq!(other.prove_consistency(all.len() - old).as_bytes(), proof.concat());
        assert!(consistency_tiles(old as u64, 70_000).len() <= 6, "a proof reads few tiles");
    }
}

#[test]
fn an_edge_with_a_hash_too_few_is_refused() {
    let (frontier, _) = grow(&leaves(300));
    let mut levels: Vec<Vec<Hash>> = vec![Vec::new(); usize::from(LEVELS_MAX)];
    for (level, hashes) in frontier.partials() {
        levels[usize::from(level)] = hashes.to_vec();
    }
    assert_eq!(Frontier::from_partials(300, levels.clone()).unwrap().root(), frontier.root());
    levels[0].pop();
    assert!(Frontier::from_partials(300, levels.clone()).is_none());
    assert_ne!(Frontier::from_partials(299, levels).unwrap().root(), frontier.root());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn aud_6_a_proof_holds_for_its_entry_and_for_no_other(size in 1..1_500_usize, pick in any::<prop::sample::Index>(), flip in any::<prop::sample::Index>()) {
        let all = leaves(size);
        let (frontier, tiles) = grow(&all);
        let index = pick.index(size);
        let mut proof = inclusion_proof(index as u64, size as u64, &tiles).unwrap();
        prop_assert_eq!(&proof, &naive_proof(index, &all));
        let root = Some(frontier.root());
        prop_assert_eq!(fold_proof(index as u64, size as u64, all[index], &proof), root);
        prop_assert_ne!(fold_proof(index as u64, size as u64, leaf_hash(b"other"), &proof), root);
        prop_assert_ne!(fold_proof(size as u64, size as u64, all[index], &proof), root);
        if !proof.is_empty() {
            let place = flip.index(proof.len());
            proof[place][0] ^= 1;
            prop_assert_ne!(fold_proof(index as u64, size as u64, all[index], &proof), root);
            proof.pop();
            prop_assert_ne!(fold_proof(index as u64, size as u64, all[index], &proof), root);
        }
    }
}
