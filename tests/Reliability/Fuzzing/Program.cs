using SharpFuzz;

namespace MLNet.Dispersion.Reliability.Fuzzing;

/// <summary>Runs one target: for AFL, which feeds it over and over, or over the files of folders, on the plain build.</summary>
internal static class Program
{
    private static int Main(string[] arguments)
    {
        switch (arguments)
        {
            case ["replay", var name, .. var paths]:
                foreach (string path in paths.SelectMany(path => Directory.Exists(path) ? Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories) : [path]))
                {
                    Console.WriteLine(path);
                    FuzzTargets.All[name](File.ReadAllBytes(path));
                }

                return 0;
            case [var name] when FuzzTargets.All.TryGetValue(name, out Action<byte[]>? target):
                Fuzzer.Run(stream =>
                {
                    using var bytes = new MemoryStream();
                    stream.CopyTo(bytes);
                    target(bytes.ToArray());
                });
                return 0;
            case ["targets"]:
                Console.WriteLine(string.Join('\n', FuzzTargets.All.Keys));
                return 0;
            default:
                Console.Error.WriteLine($"usage: Fuzzing TARGET, under afl-fuzz; or Fuzzing replay TARGET FILES-OR-FOLDERS; or Fuzzing targets. Targets: {string.Join(", ", FuzzTargets.All.Keys)}");
                return 2;
        }
    }
}
