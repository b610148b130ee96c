package main

import (
	"go/ast"
	"go/token"
	"slices"
	"strconv"

	"golang.org/x/tools/go/ast/astutil"
)

// breakFile puts every mutant into a file.
func (m *mutator) breakFile(f *ast.File) {
	astutil.Apply(f, func(c *astutil.Cursor) bool { return goesInto(f, c) }, m.replace)
}

// goesInto tells whether what is below a node is looked at.
func goesInto(f *ast.File, c *astutil.Cursor) bool {
	if call, ok := c.Parent().(*ast.CallExpr); ok && c.Name() == "Args" && c.Index() > verdict && tells(call) {
		return false
	}
	switch n := c.Node().(type) {
	case *ast.GenDecl:
		return n.Tok == token.VAR && c.Parent() != f // constants, and what is made before anything runs
	case *ast.IfStmt:
		return !asksForBug(n.Cond)
	case *ast.BinaryExpr:
		return n.Op != token.LAND || !asksForBug(n.X) // what a bug does where it is on
	case *ast.CaseClause:
		return !slices.ContainsFunc(n.List, func(e ast.Expr) bool { return asksForBug(e) })
	case *ast.ExprStmt:
		return !told(n)
	}
	return true
}

// replace puts its mutants in the place of a node, when what is below has its own.
func (m *mutator) replace(c *astutil.Cursor) bool {
	switch n := c.Node().(type) {
	case *ast.BinaryExpr:
		if !asksForBug(n) {
			c.Replace(m.binary(n))
		}
	case *ast.IfStmt:
		if !asksForBug(n.Cond) {
			n.Cond = m.condition(n.If, n.Cond)
		}
	case *ast.ExprStmt, *ast.AssignStmt, *ast.IncDecStmt, *ast.BranchStmt, *ast.ReturnStmt:
		if s := n.(ast.Stmt); c.Index() >= 0 && mayGo(s) {
			if k := m.number(n.Pos(), "left out"); k > 0 {
				c.Replace(&ast.IfStmt{Cond: not(is(k)), Body: &ast.BlockStmt{List: []ast.Stmt{s}}})
			}
		}
	}
	return true
}

// asksForBug tells whether an expression asks for a bug of the catalogue.
func asksForBug(e ast.Node) (found bool) {
	ast.Inspect(e, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok && (s.Sel.Name == "mutant" || s.Sel.Name == "bug") {
			found = true
		}
		return !found
	})
	return found
}

// told tells whether a statement only notes a decision.
func told(s ast.Stmt) bool {
	e, ok := s.(*ast.ExprStmt)
	if !ok {
		return false
	}
	call, ok := e.X.(*ast.CallExpr)
	return ok && tells(call)
}

// verdict is the place of the argument of check and count that decides; the
// numbers after it are what is told of the decision.
const verdict = 3

// tells tells whether a call notes a decision.
func tells(call *ast.CallExpr) bool {
	f, ok := call.Fun.(*ast.SelectorExpr)
	return ok && (f.Sel.Name == "check" || f.Sel.Name == "count" || f.Sel.Name == "note")
}

// mayGo tells whether a statement can be left out, as far as can be seen here.
func mayGo(s ast.Stmt) bool {
	switch s := s.(type) {
	case *ast.ExprStmt:
		return !told(s)
	case *ast.AssignStmt:
		return s.Tok != token.DEFINE && !asksForBug(s)
	case *ast.ReturnStmt:
		return len(s.Results) == 0
	case *ast.BranchStmt:
		return s.Label == nil && s.Tok != token.FALLTHROUGH && s.Tok != token.GOTO
	}
	return true
}

// binary is an expression with its mutants.
func (m *mutator) binary(n *ast.BinaryExpr) ast.Expr {
	switch n.Op {
	case token.EQL, token.NEQ, token.LSS, token.LEQ, token.GTR, token.GEQ:
		var e ast.Expr = n
		if n.Op != token.EQL && n.Op != token.NEQ {
			e = m.boundary(n)
		}
		if k := m.number(n.OpPos, "turned around"); k > 0 {
			e = paren(&ast.BinaryExpr{X: paren(e), Op: token.NEQ, Y: is(k)})
		}
		return e
	case token.LAND, token.LOR:
		other, joined := token.LOR, token.LOR
		if n.Op == token.LOR {
			other, joined = token.LAND, token.LAND
		}
		k := m.number(n.OpPos, other.String()+" for "+n.Op.String())
		if k == 0 {
			return n
		}
		swapped := paren(&ast.BinaryExpr{X: paren(n.X), Op: other, Y: paren(n.Y)})
		if n.Op == token.LAND {
			return paren(&ast.BinaryExpr{X: paren(n), Op: joined,
				Y: paren(&ast.BinaryExpr{X: is(k), Op: token.LAND, Y: swapped})})
		}
		return paren(&ast.BinaryExpr{X: paren(n), Op: joined,
			Y: paren(&ast.BinaryExpr{X: not(is(k)), Op: token.LOR, Y: swapped})})
	case token.ADD, token.SUB:
		name, what := "mutantSum", "- for +"
		if n.Op == token.SUB {
			name, what = "mutantDiff", "+ for -"
		}
		if k := m.number(n.OpPos, what); k > 0 {
			return call(name, k, n.X, n.Y)
		}
	}
	return n
}

// boundary is a comparison whose bound may move by one, to either side.
func (m *mutator) boundary(n *ast.BinaryExpr) ast.Expr {
	out := *n
	if k := m.number(n.OpPos, "left side one more"); k > 0 {
		out.X = call("mutantMore", k, out.X)
	}
	if k := m.number(n.OpPos, "right side one more"); k > 0 {
		out.Y = call("mutantMore", k, out.Y)
	}
	return &out
}

// condition is one that may always or never hold; then nothing in it is done.
func (m *mutator) condition(at token.Pos, e ast.Expr) ast.Expr {
	if k := m.number(at, "always"); k > 0 {
		e = paren(&ast.BinaryExpr{X: is(k), Op: token.LOR, Y: paren(e)})
	}
	if k := m.number(at, "never"); k > 0 {
		e = paren(&ast.BinaryExpr{X: not(is(k)), Op: token.LAND, Y: paren(e)})
	}
	return e
}

func call(name string, k int, args ...ast.Expr) ast.Expr {
	number := &ast.BasicLit{Kind: token.INT, Value: strconv.Itoa(k)}
	return &ast.CallExpr{Fun: ast.NewIdent(name), Args: append([]ast.Expr{number}, args...)}
}

func is(k int) ast.Expr               { return call("mutantIs", k) }
func not(e ast.Expr) ast.Expr         { return &ast.UnaryExpr{Op: token.NOT, X: e} }
func paren(e ast.Expr) *ast.ParenExpr { return &ast.ParenExpr{X: e} }
