using MLNet.Dispersion.Build;

return args switch
{
    ["weaken", string version, "auto" or "always", .. string[] paths] =>
        WeakenCommand.Run(version, args[2] == "always", paths, Console.Out),
    ["publicise", string assembly, string copy] => PubliciseCommand.Run(assembly, copy, Console.Out),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("Usage: MLNet.Dispersion.Build weaken VERSION auto|always FILE...");
    Console.Error.WriteLine("       MLNet.Dispersion.Build publicise ASSEMBLY COPY");
    return 2;
}
