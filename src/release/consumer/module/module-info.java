module consumer {
  requires dev.logitcl;
}
