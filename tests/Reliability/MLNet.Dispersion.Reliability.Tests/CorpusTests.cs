using MLNet.Dispersion.Reliability.Fuzzing;
using MLNet.Dispersion.Tests.Support;

namespace MLNet.Dispersion.Reliability.Tests;

/// <summary>What fuzzing kept, and what it found, replayed on the plain build; and small changes of each file, which cost little.</summary>
public sealed class CorpusTests
{
    private static readonly string Corpus = Path.Combine(Checkout.Folder, "tests", "Reliability", "Fuzzing", "corpus");

    public static TheoryData<string> Targets() => [.. FuzzTargets.All.Keys];

    [Theory]
    [MemberData(nameof(Targets))]
    public void Replay_EachFileOfTheCorpus_EndsAsIsDocumented(string target)
    {
        string[] files = Directory.GetFiles(Path.Combine(Corpus, target));

        Assert.NotEmpty(files);
        Assert.All(files, file => FuzzTargets.All[target](File.ReadAllBytes(file)));
    }

    [Theory]
    [MemberData(nameof(Targets))]
    public void Replay_CutOffAndChangedFiles_EndAsIsDocumented(string target)
    {
        var random = new Random(1);
        foreach (byte[] bytes in Directory.GetFiles(Path.Combine(Corpus, target)).Order(StringComparer.Ordinal).Select(File.ReadAllBytes).Where(bytes => bytes.Length > 0))
        {
            for (int i = 0; i < 40; i++)
            {
                byte[] changed = i % 4 == 0 ? bytes[..random.Next(bytes.Length)] : [.. bytes];
                for (int k = 0; k < i % 4; k++)
                {
                    changed[random.Next(changed.Length)] = (byte)random.Next(256);
                }

                FuzzTargets.All[target](changed);
            }
        }
    }

    [Fact]
    public void Corpus_EachFolder_BelongsToATarget() =>
        Assert.Equal(FuzzTargets.All.Keys, Directory.GetDirectories(Corpus).Select(Path.GetFileName).Order(StringComparer.Ordinal));
}
