using System.Diagnostics;
using System.Globalization;
using System.Numerics.Tensors;
using LLama;
using LLama.Common;
using LLama.Native;

namespace MLNet.Dispersion.Benchmarks.WritingThroughput;

/// <summary>Llama.cpp, in a process of its own, so that its threads and torch's do not wait for one another.</summary>
internal sealed class LlamaWriter : IWriter
{
    private readonly Process _process;

    public LlamaWriter(string file, int threads)
    {
        string[] arguments = ["--peer", file, "--threads", threads.ToString(CultureInfo.InvariantCulture)];
        IEnumerable<string> all = Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? [Environment.GetCommandLineArgs()[0], .. arguments] : arguments;
        _process = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, all) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
    }

    /// <summary>The other process: answers lines of "count tokens prompt..." with tokens a second; of no tokens to write, with those read.</summary>
    public static void Serve(string file, int threads)
    {
        NativeLibraryConfig.All.WithLogCallback((_, _) => { });
        var parameters = new ModelParams(file) { GpuLayerCount = 0, Threads = threads, BatchThreads = threads, ContextSize = 4096, SeqMax = 16 };
        using LLamaWeights weights = LLamaWeights.LoadFromFile(parameters);
        using LLamaContext context = weights.CreateContext(parameters);
        while (Console.In.ReadLine() is { } line)
        {
            int[] numbers = [.. line.Split(' ').Select(number => int.Parse(number, CultureInfo.InvariantCulture))];
            double speed = numbers[1] == 0 ? Read(context, numbers[2..]) : Write(context, numbers[2..], numbers[0], numbers[1]);
            Console.Out.WriteLine(speed.ToString(CultureInfo.InvariantCulture));
            Console.Out.Flush();
        }
    }

    public double TokensPerSecond(int[] prompt, int count, int tokens)
    {
        _process.StandardInput.WriteLine(string.Join(' ', prompt.Prepend(tokens).Prepend(count)));
        _process.StandardInput.Flush();
        return double.Parse(_process.StandardOutput.ReadLine() ?? throw new InvalidOperationException("llama.cpp has ended."), CultureInfo.InvariantCulture);
    }

    public double ReadTokensPerSecond(int[] prompt) => TokensPerSecond(prompt, count: 1, tokens: 0);

    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
    }

    private static double Write(LLamaContext context, int[] prompt, int count, int tokens)
    {
        context.NativeHandle.MemoryClear(true);
        int[] last = [.. Enumerable.Range(0, count).Select(text => First(context, prompt, text))];

        var batch = new LLamaBatch();
        var watch = Stopwatch.StartNew();
        for (int step = 0; step < tokens - 1; step++)
        {
            batch.Clear();
            for (int text = 0; text < count; text++)
            {
                batch.Add((LLamaToken)last[text], prompt.Length + step, (LLamaSeqId)text, true);
            }

            Decode(context, batch);
            for (int text = 0; text < count; text++)
            {
                last[text] = Best(context, text);
            }
        }

        return count * (tokens - 1) / watch.Elapsed.TotalSeconds;
    }

    private static double Read(LLamaContext context, int[] prompt)
    {
        context.NativeHandle.MemoryClear(true);
        var watch = Stopwatch.StartNew();
        First(context, prompt, text: 0);
        return prompt.Length / watch.Elapsed.TotalSeconds;
    }

    /// <summary>Reads a prompt; the likeliest token behind it.</summary>
    private static int First(LLamaContext context, int[] prompt, int text)
    {
        var reading = new LLamaBatch();
        foreach (var (place, token) in prompt.Index())
        {
            reading.Add((LLamaToken)token, place, (LLamaSeqId)text, place == prompt.Length - 1);
        }

        Decode(context, reading);
        return Best(context, prompt.Length - 1);
    }

    private static void Decode(LLamaContext context, LLamaBatch batch)
    {
        if (context.NativeHandle.Decode(batch) != DecodeResult.Ok)
        {
            throw new InvalidOperationException("llama.cpp could not read the tokens.");
        }
    }

    private static int Best(LLamaContext context, int place) => TensorPrimitives.IndexOfMax(context.NativeHandle.GetLogitsIth(place));
}
