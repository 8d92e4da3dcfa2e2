using System.Globalization;
using TorchSharp;

namespace MLNet.Dispersion.Reliability.Soak;

/// <summary>What each kind of work leaves behind in native memory, on one thread, where little else moves.</summary>
internal static class Growth
{
    private const int Parts = 3;

    /// <summary>Does each kind, or those named, so many times to settle, and then three times so many.</summary>
    internal static int Run(int count, string[] names)
    {
        using var work = new Work();
        Console.WriteLine($"| work, on one thread | native bytes that each of {count} leaves | of the next {count} | of the next {count} |");
        Console.WriteLine("|---|---|---|---|");
        IEnumerable<(string Name, int Weight, Action<Random> Do)> kinds = work.Kinds.Append(("an empty module of TorchSharp", 0, _ => new Empty().Dispose()));
        foreach (var (name, _, act) in kinds.Where(kind => names.Length == 0 || names.Contains(kind.Name)))
        {
            var random = new Random(1);
            Repeat(act, random, count);
            long[] held = [Held(), .. Enumerable.Range(0, Parts).Select(_ =>
            {
                Repeat(act, random, count);
                return Held();
            })];
            string figures = string.Join(" | ", held.Zip(held.Skip(1), (before, after) => ((double)(after - before) / count).ToString("0", CultureInfo.InvariantCulture)));
            Console.WriteLine($"| {name} | {figures} |");
        }

        return 0;
    }

    private static void Repeat(Action<Random> act, Random random, int count)
    {
        for (int i = 0; i < count; i++)
        {
            act(random);
        }
    }

    private static long Held()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        return NativeHeap.BytesInUse();
    }

    /// <summary>A module without anything: what is left of it is left by every part of a network.</summary>
    private sealed class Empty() : torch.nn.Module<torch.Tensor, torch.Tensor>("empty")
    {
        public override torch.Tensor forward(torch.Tensor input) => input;
    }
}
