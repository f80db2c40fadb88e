"""The paper's theory in closed form; one result a module, in the paper's symbols."""
