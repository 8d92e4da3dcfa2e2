using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace MLNet.Dispersion.Tests.Tokenization;

/// <summary>Hugging Face's own tokenizers in a child process, which they end where their code panics.</summary>
internal sealed class PeerProcess
{
    private const int Together = 200;
    private readonly string _program;
    private readonly string[] _arguments;

    private PeerProcess(string program, params string[] arguments)
    {
        _program = program;
        _arguments = arguments;
    }

    /// <summary>The package Tokenizers.DotNet, which answers ids and decoded texts; skips the calling test where it has no native code.</summary>
    public static PeerProcess OfNuGet()
    {
        Skip.IfNot(RuntimeInformation.RuntimeIdentifier.StartsWith("linux", StringComparison.Ordinal) && RuntimeInformation.OSArchitecture == Architecture.X64, "No second opinion: Tokenizers.DotNet is built for Linux on x64 here.");
        return new PeerProcess("dotnet", Path.Combine(AppContext.BaseDirectory, "TokenizerPeer.dll"));
    }

    /// <summary>The node binding, which answers offsets, types and pairs, too; skips the calling test where it is not installed.</summary>
    public static PeerProcess OfNode()
    {
        return new PeerProcess("node", Path.Combine(AppContext.BaseDirectory, "peer.mjs"), NodePeer.FolderOf("tokenizers", "tokenizers@0.23.2"));
    }

    /// <summary>What the node binding makes of every code point; see code-points.mjs.</summary>
    public static IEnumerable<string> CodePointLines()
    {
        PeerProcess node = OfNode();
        using Process child = new PeerProcess("node", Path.Combine(AppContext.BaseDirectory, "code-points.mjs"), node._arguments[1]).Start();
        while (child.StandardOutput.ReadLine() is { } line)
        {
            yield return line;
        }

        child.WaitForExit();
        Assert.Equal(0, child.ExitCode);
    }

    /// <summary>The answers to the questions one after the other, while the library works on the next ones; null where it ended its process.</summary>
    /// <param name="file">The tokenizer.json.</param>
    /// <param name="questions">The questions.</param>
    public IEnumerable<JsonElement?> Ask(string file, IReadOnlyList<(string Text, string? Pair)> questions)
    {
        int answered = 0;
        int oneByOne = 0;
        while (answered < questions.Count)
        {
            using Process child = Start();
            Task writing = Task.Run(() => Write(child, file, Chunks(answered, oneByOne, questions.Count).Select(chunk => questions.Take(chunk))));
            string? loaded = child.StandardOutput.ReadLine();
            Assert.True(loaded?.Contains("loaded", StringComparison.Ordinal) == true, $"The peer cannot load {file}: {loaded}");
            while (answered < questions.Count && child.StandardOutput.ReadLine() is { } line)
            {
                foreach (JsonElement answer in JsonSerializer.Deserialize<JsonElement>(line).EnumerateArray())
                {
                    answered++;
                    yield return answer;
                }
            }

            child.Kill();
            child.WaitForExit();
            writing.Wait();
            if (answered < oneByOne)
            {
                answered++;
                yield return null;
            }
            else
            {
                // Of these texts one made it end: each is asked by itself.
                oneByOne = Math.Min(answered + Together, questions.Count);
            }
        }
    }

    private static IEnumerable<Range> Chunks(int from, int oneByOne, int count)
    {
        for (int at = from; at < count;)
        {
            int end = at < oneByOne ? at + 1 : Math.Min(at + Together, count);
            yield return at..end;
            at = end;
        }
    }

    private Process Start()
    {
        var start = new ProcessStartInfo(_program, _arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardInputEncoding = new UTF8Encoding(false),
            StandardOutputEncoding = Encoding.UTF8,
        };
        Process child = Process.Start(start)!;
        child.ErrorDataReceived += (_, _) => { };
        child.BeginErrorReadLine();
        return child;
    }

    private static void Write(Process child, string file, IEnumerable<IEnumerable<(string Text, string? Pair)>> chunks)
    {
        try
        {
            child.StandardInput.WriteLine(file);
            foreach (IEnumerable<(string Text, string? Pair)> chunk in chunks)
            {
                child.StandardInput.WriteLine(JsonSerializer.Serialize(chunk.Select(question => new[] { question.Text, question.Pair })));
            }

            child.StandardInput.Close();
        }
        catch (IOException)
        {
            // The library has ended its process: it is started again behind the text.
        }
    }
}
