"""The checks, one file each; `shop.scope.registry` says which evidence each of them gathers."""
