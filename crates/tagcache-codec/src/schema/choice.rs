//! Which way through a node with several branches: towards what has not been seen, and out of recursions.

use std::collections::BTreeSet;

use super::node::Part;
use super::trace::{Entered, Refusal, Trace};

impl Trace {
    /// Chooses the way through a node with several branches.
    pub(super) fn choose(&mut self, entered: &Entered) -> Result<usize, Refusal> {
        let chosen = if entered.again { self.way_out(entered.node)? } else { self.way_on(entered.node)? };
        if let Some(top) = self.stack.last_mut() {
            top.1 = chosen;
        }
        Ok(chosen)
    }

    fn way_on(&mut self, id: usize) -> Result<usize, Refusal> {
        let node = &self.nodes[id];
        let postponed = |&branch: &usize| node.branches[branch].postponed;
        let open = node.unexplored().find(|branch| !postponed(branch)).or_else(|| node.unexplored().next());
        match open.or_else(|| self.towards_unexplored(id)).or(node.base) {
            Some(branch) => Ok(branch),
            None => self.hide("it has an enum without a variant to take"),
        }
    }

    /// A finished branch below which something is left to explore.
    fn towards_unexplored(&self, id: usize) -> Option<usize> {
        let mut seen: BTreeSet<usize> = self.stack.iter().map(|&(node, _)| node).collect();
        let branches = 0..self.nodes[id].branches.len();
        branches.into_iter().find(|&branch| self.leads_to_unexplored(id, branch, &mut seen))
    }

    fn leads_to_unexplored(&self, id: usize, branch: usize, seen: &mut BTreeSet<usize>) -> bool {
        self.nodes[id].branches[branch].slots.iter().any(|slot| {
            let Some(Part::Node(child)) = slot.part else { return false };
            if !seen.insert(child) {
                return false;
            }
            let node = &self.nodes[child];
            node.unexplored().next().is_some()
                || (0..node.branches.len()).any(|branch| self.leads_to_unexplored(child, branch, seen))
        })
    }

    /// The branch that ends a recursion. While there is none, the innermost choice that can be made
    /// otherwise has to wait, and the run starts again.
    fn way_out(&mut self, id: usize) -> Result<usize, Refusal> {
        if let Some(base) = self.nodes[id].base {
            return Ok(base);
        }
        let enclosing = &self.stack[..self.stack.len() - 1];
        for &(inside, branch) in enclosing.iter().rev() {
            let node = &self.nodes[inside];
            if node.unexplored().any(|other| other != branch && !node.branches[other].postponed) {
                self.nodes[inside].branches[branch].postponed = true;
                return self.learn("this variant has to wait");
            }
        }
        self.hide("it contains itself without an end")
    }
}
