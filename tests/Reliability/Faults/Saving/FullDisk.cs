namespace MLNet.Dispersion.Reliability.Faults;

/// <summary>Saves on a disk with less and less room.</summary>
internal static class FullDisk
{
    /// <summary>Tries each kind with so many amounts of room; 1 where anything was lost or left, or failed without a word.</summary>
    internal static int Run(int count, string place)
    {
        Console.WriteLine("| what is saved over an older one | amounts of room | told and left as it was | saved | lost or mixed | left behind |");
        Console.WriteLine("|---|---|---|---|---|---|");
        return SaveKind.All.Sum(kind => Run(kind, count, place)) == 0 ? 0 : 1;
    }

    private static int Run(SaveKind kind, int count, string place)
    {
        string filling = Path.Combine(place, "filling");
        int told = 0, saved = 0, bad = 0, left = 0;
        for (int i = 0; i < count; i++)
        {
            foreach (string entry in Directory.GetFileSystemEntries(place))
            {
                if (Directory.Exists(entry))
                {
                    Directory.Delete(entry, recursive: true);
                }
                else
                {
                    File.Delete(entry);
                }
            }

            // From none to a little more than the older one takes.
            long empty = Free(place);
            kind.Save(place, 1);
            long room = (long)((empty - Free(place)) * 1.1 * i / count);
            using (FileStream stream = File.Create(filling))
            {
                stream.Write(new byte[Math.Max(0, Free(place) - room)]);
            }

            try
            {
                kind.Save(place, 2);
                saved++;
                bad += kind.Number(place) == 2 ? 0 : 1;
            }
            catch (Exception e) when (e is ModelFileException or IOException)
            {
                told++;
                bad += Found(place, kind) == 1 ? 0 : 1;
            }

            left += Directory.EnumerateFileSystemEntries(place, "*.partial-*", SearchOption.AllDirectories).Any() ? 1 : 0;
        }

        Console.WriteLine($"| {kind.Name} | {count} | {told} | {saved} | {bad} | {left} |");
        return bad + left;
    }

    private static long Free(string place) => new DriveInfo(place).AvailableFreeSpace;

    private static int Found(string place, SaveKind kind)
    {
        try
        {
            return kind.Number(place);
        }
        catch (Exception e) when (SaveKind.IsRefusal(e))
        {
            Console.Error.WriteLine(e.Message);
            return -1;
        }
    }
}
