"""The contract of a method, as code: answers are checked before they are believed, and a method whether it keeps all of it."""
