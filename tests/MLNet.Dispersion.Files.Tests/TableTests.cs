namespace MLNet.Dispersion.Tests.Files;

public sealed class TableTests
{
    [Fact]
    public void TextTable_ToConsoleAndMarkdown_LeansAndLeavesOut()
    {
        var table = new TextTable("name", "value", "");
        table.Add("a", "1", "##");
        table.Add("longer", "23", "#");
        Assert.Equal("name    value\na           1  ##\nlonger     23  #\n", table.ToConsole());
        Assert.Equal("| name | value |\n| :-- | --: |\n| a | 1 |\n| longer | 23 |\n", table.ToMarkdown());
        Assert.Throws<ArgumentException>(() => table.Add("one"));
        Assert.Throws<ArgumentException>(() => new TextTable());
    }

    [Fact]
    public void EscapeMarkdown_SignsAndLineBreaks_MeanThemselves() => Assert.Equal("a\\|b c\\*", TextTable.EscapeMarkdown("a|b\nc*"));

    [Fact]
    public void CsvText_SignsOfTheFormat_AreQuoted()
    {
        var csv = new CsvText();
        csv.Add(["a", "b,c", "d\"e", "f\ng"]);
        Assert.Equal("a,\"b,c\",\"d\"\"e\",\"f\ng\"\r\n", csv.ToString());
    }

    [Fact]
    public void Printable_NamesOfFiles_AreShortAndClean()
    {
        Assert.Equal("a?b", Printable.Name("a\u0007b"));
        Assert.Equal("a?b", Printable.Name("a\u202Eb"));
        Assert.Equal(121, Printable.Name(new string('a', 500)).Length);
        Assert.Equal("[2, 3]", Printable.Shape([2, 3]));
        Assert.Equal("1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and 2 more", Printable.FirstTen([.. Enumerable.Range(1, 12).Select(i => $"{i}")]));
    }
}
