namespace MLNet.Dispersion.Build.Tests;

public class ElfSymbolVersionsTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void ReadNeeds_SeveralLibraries_FindsEachVersionWithItsSymbols(bool gnuHash)
    {
        byte[] bytes = Sample(gnuHash).ToBytes();

        IReadOnlyList<ElfVersionNeed> needs = ElfSymbolVersions.ReadNeeds(bytes);

        Assert.Equal(
            [("libc.so.6", "GLIBC_2.34", false), ("libstdc++.so.6", "GLIBCXX_3.4", true), ("libstdc++.so.6", "GLIBCXX_3.4.32", false)],
            needs.Select(need => (need.Library, need.Version, need.IsWeak)));
        Assert.Equal(["malloc", "free"], needs[0].Symbols);
        Assert.Empty(needs[1].Symbols);
        Assert.Equal(["_ZSt21ios_base_library_initv"], needs[2].Symbols);
    }

    [Fact]
    public void ReadNeeds_FileWithoutNeeds_IsEmpty() => Assert.Empty(ElfSymbolVersions.ReadNeeds(new SyntheticElf().ToBytes()));

    [Fact]
    public void MarkWeak_OneVersion_ChangesThatFlagAndNothingElse()
    {
        byte[] original = Sample().ToBytes();
        byte[] changed = [.. original];
        ElfVersionNeed need = ElfSymbolVersions.ReadNeeds(original)[2];

        ElfSymbolVersions.MarkWeak(changed, need);

        Assert.Equal([false, true, true], ElfSymbolVersions.ReadNeeds(changed).Select(n => n.IsWeak));
        Assert.Single(Enumerable.Range(0, original.Length), i => original[i] != changed[i]);
        Assert.Equal(0x2, changed[need.FlagsOffset]);
    }

    [Theory]
    [InlineData(4, 1)] // 32 bits
    [InlineData(5, 2)] // big-endian
    [InlineData(0, 0x4d)]
    public void ReadNeeds_OtherKindOfFile_IsInvalidData(int offset, byte value)
    {
        byte[] bytes = Sample().ToBytes();
        bytes[offset] = value;

        Assert.Throws<InvalidDataException>(() => ElfSymbolVersions.ReadNeeds(bytes));
    }

    [Fact]
    public void ReadNeeds_FileCutAnywhere_IsInvalidDataOrFewerNeeds()
    {
        byte[] bytes = Sample().ToBytes();
        for (int length = 0; length < bytes.Length - 16; length++)
        {
            byte[] cut = bytes[..length];
            Assert.Throws<InvalidDataException>(() => ElfSymbolVersions.ReadNeeds(cut));
        }
    }

    [Fact]
    public void ReadNeeds_RandomDamage_EndsWithAResultOrInvalidData()
    {
        byte[] original = Sample().ToBytes();
        var random = new Random(1);
        int refused = 0;
        for (int round = 0; round < 20_000; round++)
        {
            byte[] bytes = [.. original];
            for (int i = random.Next(1, 9); i > 0; i--)
            {
                bytes[random.Next(bytes.Length)] = random.Next(3) == 0 ? (byte)0xff : (byte)random.Next(256);
            }

            try
            {
                ElfSymbolVersions.ReadNeeds(bytes);
            }
            catch (InvalidDataException)
            {
                refused++;
            }
        }

        Assert.InRange(refused, 1, 19_999);
    }

    [Fact]
    public void ReadNeeds_MoreThanVersionIndicesAllow_IsInvalidData()
    {
        var elf = new SyntheticElf();
        for (int i = 0; i <= 1 << 15; i++)
        {
            elf.Needs("libc.so.6", "V");
        }

        byte[] bytes = elf.ToBytes();

        var error = Assert.Throws<InvalidDataException>(() => ElfSymbolVersions.ReadNeeds(bytes));
        Assert.Contains("32768", error.Message, StringComparison.Ordinal);
    }

    internal static SyntheticElf Sample(bool gnuHash = true) => new SyntheticElf { GnuHash = gnuHash }
        .Needs("libc.so.6", "GLIBC_2.34", 0, "malloc", "free")
        .Needs("libstdc++.so.6", "GLIBCXX_3.4", 0x2)
        .Needs("libstdc++.so.6", "GLIBCXX_3.4.32", 0, "_ZSt21ios_base_library_initv");
}
