using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using MLNet.Dispersion.Tests.Support;

namespace MLNet.Dispersion.Tests.Reference;

/// <summary>llama.cpp in a child process, which it ends where an assertion of its own fails.</summary>
internal sealed class LlamaCppPeer : IDisposable
{
    private readonly Process _process;

    /// <summary>Loads a file, and an adapter's upon it; skips the calling test where the package has no native code.</summary>
    public LlamaCppPeer(string path, string? adapter = null)
    {
        Skip.IfNot(RuntimeInformation.OSArchitecture == System.Runtime.InteropServices.Architecture.X64 && (OperatingSystem.IsLinux() || OperatingSystem.IsWindows()), "No second opinion: LLamaSharp's native code is taken for Linux and Windows on x64.");
        string program = Path.Combine(Checkout.Folder, "tests", "GgufPeer", "bin", new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name, new DirectoryInfo(AppContext.BaseDirectory).Name, "GgufPeer.dll");
        Skip.IfNot(File.Exists(program), "No second opinion: tests/GgufPeer is not built.");
        var start = new ProcessStartInfo("dotnet", adapter is null ? [program, path] : [program, path, adapter])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardInputEncoding = new UTF8Encoding(false),
            StandardOutputEncoding = Encoding.UTF8,
        };
        _process = Process.Start(start)!;
        _process.ErrorDataReceived += (_, _) => { };
        _process.BeginErrorReadLine();
        JsonElement answer = Answer();
        Assert.True(answer.TryGetProperty("loaded", out _), $"llama.cpp does not load {path}: {answer}");
    }

    /// <summary>The tokens of a text.</summary>
    public int[] Ids(string text, bool special) => Ints(Ask(new { text, special }), "ids");

    /// <summary>The logits behind each token, row by row.</summary>
    public float[] Logits(int[] ids) => MemoryMarshal.Cast<byte, float>(Ask(new { ids }).GetProperty("logits").GetBytesFromBase64()).ToArray();

    /// <summary>The tokens that it writes, and by how much the best logit of each step was above the second.</summary>
    public (int[] Ids, double[] Margins) Greedy(int[] ids, int greedy)
    {
        JsonElement answer = Ask(new { ids, greedy });
        return (Ints(answer, "ids"), [.. answer.GetProperty("margins").EnumerateArray().Select(margin => margin.GetDouble())]);
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        if (!_process.WaitForExit(5000))
        {
            _process.Kill();
            _process.WaitForExit();
        }

        _process.Dispose();
    }

    private static int[] Ints(JsonElement answer, string name) => [.. answer.GetProperty(name).EnumerateArray().Select(id => id.GetInt32())];

    private JsonElement Ask(object question)
    {
        _process.StandardInput.WriteLine(JsonSerializer.Serialize(question));
        _process.StandardInput.Flush();
        return Answer();
    }

    private JsonElement Answer()
    {
        string? line = _process.StandardOutput.ReadLine();
        Assert.True(line is not null, "llama.cpp ended its process.");
        return JsonSerializer.Deserialize<JsonElement>(line!);
    }
}
