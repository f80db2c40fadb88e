# make book    the environment, the chapters, the site      (PROFILE=smoke|quick)
# make test    the environment, every test                  (PYTEST="-k store -x")
# make clean   forgets pages and executed chapters; run records and the environment stay
PYTHON  ?= python3
PROFILE ?= quick
PYTEST  ?=
BIN     := .venv/bin
MADE    := .venv/.made

.PHONY: book test clean

book: $(MADE)
	MIXREPRO_PROFILE=$(PROFILE) $(BIN)/jupyter-book build book/

test: $(MADE)
	$(BIN)/python -m pytest $(PYTEST)

clean:
	rm -rf _build book/chapters .pytest_cache .ruff_cache .hypothesis

# Debian's python3 comes without ensurepip, so that it makes no environment before python3.x-venv is there.
$(MADE): pyproject.toml constraints.txt
	@command -v $(PYTHON) >/dev/null || \
	  { echo "make: $(PYTHON): not found; Python 3.11 or newer is needed (make PYTHON=...)" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(v < (3, 11) and \
	  "make: $(PYTHON) is Python %d.%d; 3.11 or newer is needed (make PYTHON=...)" % v)'
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  package=$$($(PYTHON) -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])'); \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y $$package; \
	  else \
	    echo "make: $(PYTHON) cannot make environments; run: sudo apt-get install $$package" >&2; exit 1; \
	  fi; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --disable-pip-version-check -c constraints.txt -e '.[book,test]'
	@touch $@
